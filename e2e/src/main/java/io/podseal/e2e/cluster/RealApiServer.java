package io.podseal.e2e.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.ControlPlane;
import io.podseal.e2e.kube.Tokens;
import java.nio.file.Path;
import java.time.Duration;

/**
 * etcd and kube-apiserver; the controller is the chart's service account with the chart's rights.
 */
final class RealApiServer implements ApiServer {
  private static final String ACCOUNT = "podseal-controller";
  private static final Duration CONTROLLER_TOKEN = Duration.ofHours(1);

  private final ControlPlane plane;
  private final String controllerKubeconfig;

  RealApiServer(Path folder, String namespace) {
    plane = ControlPlane.start(folder);
    try {
      plane
          .client()
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
          .create();
      var chart = new Chart(plane.kubeconfig(), namespace);
      chart.installCrds();
      chart.apply("serviceaccount.yaml", "rbac.yaml");
      controllerKubeconfig =
          plane.kubeconfigWith(
              Tokens.of(plane.client(), namespace, ACCOUNT).mint(CONTROLLER_TOKEN));
    } catch (RuntimeException e) {
      plane.close();
      throw e;
    }
  }

  @Override
  public String description() {
    return """
    The API server is etcd and kube-apiserver, with real Pod objects and pod-bound tokens;
    the controller has the rights that the Helm chart gives it. No kubelet: pods stay as
    they are written here.\
    """;
  }

  @Override
  public KubernetesClient client() {
    return plane.client();
  }

  @Override
  public String controllerKubeconfig() {
    return controllerKubeconfig;
  }

  @Override
  public void namespaceMade(String namespace) {
    Tokens.of(client(), namespace, "default").makeAccount();
  }

  @Override
  public Pod run(Pod pod) {
    var made = client().resource(pod).create();
    made.setStatus(pod.getStatus());
    return client().resource(made).updateStatus();
  }

  @Override
  public void delete(String namespace, String name, String uid) {
    client().pods().inNamespace(namespace).withName(name).withGracePeriod(0).delete();
  }

  @Override
  public String mintToken(
      String namespace,
      String podName,
      String podUid,
      String serviceAccount,
      Duration life,
      String audience) {
    return Tokens.of(client(), namespace, serviceAccount)
        .mintForPod(podName, podUid, life, audience);
  }

  @Override
  public void close() {
    plane.close();
  }
}
