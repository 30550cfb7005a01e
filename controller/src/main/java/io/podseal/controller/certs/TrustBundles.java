package io.podseal.controller.certs;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes the roots that pods trust into their namespaces: the ConfigMap {@code podseal-ca}, key
 * {@code ca.crt}.
 *
 * <p>A namespace that opts out keeps its ConfigMap: pods that still run there need it. Confined to
 * one thread.
 */
public final class TrustBundles {
  /** Name of the ConfigMap. */
  public static final String NAME = "podseal-ca";

  /** Its entry: certificates in PEM. */
  public static final String ENTRY = "ca.crt";

  /** One run takes no longer, so that whoever watches it does not take it for stuck. */
  private static final Duration BUDGET = Duration.ofSeconds(20);

  private final KubernetesClient client;

  /** Tried last, so that those that answer slowly keep it from no other. */
  private final Set<String> refusing = new HashSet<>();

  /** Writes through {@code client}. */
  public TrustBundles(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Creates or corrects the ConfigMaps of these namespaces, but for those that are being deleted.
   * What one of them refuses, as a quota may, keeps it from no other.
   *
   * @throws TrustBundleException if one or more refused, when all were tried; it names the first
   */
  public void write(List<String> namespaces, String pem) {
    long end = System.nanoTime() + BUDGET.toNanos();
    refusing.retainAll(namespaces);
    TrustBundleException first = null;
    for (String namespace :
        namespaces.stream().sorted(Comparator.comparing(refusing::contains)).toList()) {
      try {
        write(namespace, pem);
        refusing.remove(namespace);
      } catch (KubernetesClientException e) {
        refusing.add(namespace);
        first = first == null ? new TrustBundleException(namespace, e) : first;
        if (System.nanoTime() - end > 0) {
          break;
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  private void write(String namespace, String pem) {
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

  /** A namespace does not take the ConfigMap: its new pods cannot start. */
  public static final class TrustBundleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String namespace;

    TrustBundleException(String namespace, KubernetesClientException cause) {
      super("namespace " + namespace + " refuses ConfigMap " + NAME, cause);
      this.namespace = namespace;
    }

    /** The namespace. */
    public String namespace() {
      return namespace;
    }
  }

  private static boolean terminating(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        && String.valueOf(e.getMessage()).contains("being terminated");
  }
}
