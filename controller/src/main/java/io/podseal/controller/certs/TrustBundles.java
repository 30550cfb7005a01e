package io.podseal.controller.certs;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Map;

/**
 * Writes the roots that pods trust into their namespaces: the ConfigMap {@code podseal-ca}, key
 * {@code ca.crt}.
 *
 * <p>A namespace that opts out keeps its ConfigMap: pods that still run there need it.
 */
public final class TrustBundles {
  /** Name of the ConfigMap. */
  public static final String NAME = "podseal-ca";

  /** Its entry: certificates in PEM. */
  public static final String ENTRY = "ca.crt";

  private final KubernetesClient client;

  /** Writes through {@code client}. */
  public TrustBundles(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Creates or corrects the ConfigMap of one namespace; does nothing where that is being deleted.
   */
  public void write(String namespace, String pem) {
    var wanted =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(namespace)
            .withLabels(Map.of("app.kubernetes.io/part-of", "podseal"))
            .endMetadata()
            .addToData(ENTRY, pem)
            .build();
    var maps = client.configMaps().inNamespace(namespace);
    try {
      if (maps.withName(NAME).get() == null) {
        maps.resource(wanted).create();
      } else {
        maps.resource(wanted).update();
      }
    } catch (KubernetesClientException e) {
      // The namespace is terminating or gone, or somebody was faster: the next event decides.
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
          && e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && !terminating(e)) {
        throw e;
      }
    }
  }

  private static boolean terminating(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        && String.valueOf(e.getMessage()).contains("being terminated");
  }
}
