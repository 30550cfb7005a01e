package io.podseal.e2e.api;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.Tokens;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.awaitility.Awaitility;

/**
 * Namespace {@code podseal-system} with the controller's service account and the rights that the
 * chart gives it, until it is closed.
 */
final class Rights implements AutoCloseable {
  static final String ACCOUNT = "podseal-controller";
  static final String NAMESPACE = "podseal-system";

  private static final Duration TOKEN_LIFE = Duration.ofHours(1);
  private static final Duration END_LIMIT = Duration.ofMinutes(2);

  private final Resources owned = new Resources();
  private final KubernetesClient client;

  private Rights(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Installs CRDs, account and rights.
   *
   * @param kubeconfig may do everything
   * @throws IllegalStateException if the namespace is somebody's
   */
  static Rights install(KubernetesClient client, Path kubeconfig) {
    awaitNoNamespace(client);
    var rights = new Rights(client);
    try {
      client
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
          .create();
      rights.owned.add(() -> client.namespaces().withName(NAMESPACE).delete());
      var chart = new Chart(kubeconfig, NAMESPACE);
      chart.installCrds();
      rights.owned.add(() -> chart.delete("rbac.yaml"));
      chart.apply("serviceaccount.yaml", "rbac.yaml");
      return rights;
    } catch (RuntimeException e) {
      rights.close();
      throw e;
    }
  }

  /** Where a test before this one had it, the API server may still be deleting it. */
  private static void awaitNoNamespace(KubernetesClient client) {
    var there = client.namespaces().withName(NAMESPACE).get();
    if (there == null) {
      return;
    }
    if (there.getMetadata().getDeletionTimestamp() == null) {
      throw new IllegalStateException(
          "namespace " + NAMESPACE + " is there already: is Podseal installed on this cluster?");
    }
    Awaitility.await("the end of namespace " + NAMESPACE)
        .atMost(END_LIMIT)
        .until(() -> client.namespaces().withName(NAMESPACE).get() == null);
  }

  /** Writes a kubeconfig of the controller's into {@code file}. */
  Path kubeconfig(Path file) {
    var config = client.getConfiguration();
    try {
      var authority = config.getCaCertData();
      if (authority == null && config.getCaCertFile() != null) {
        authority =
            Base64.getEncoder().encodeToString(Files.readAllBytes(Path.of(config.getCaCertFile())));
      }
      return Files.writeString(
          file,
          """
          apiVersion: v1
          kind: Config
          clusters:
          - name: e2e
            cluster: {server: "%s"%s}
          users:
          - name: controller
            user: {token: %s}
          contexts:
          - name: e2e
            context: {cluster: e2e, user: controller}
          current-context: e2e
          """
              .formatted(
                  client.getMasterUrl(),
                  authority == null ? "" : ", certificate-authority-data: " + authority,
                  Tokens.of(client, NAMESPACE, ACCOUNT).mint(TOKEN_LIFE)),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    owned.close();
  }
}
