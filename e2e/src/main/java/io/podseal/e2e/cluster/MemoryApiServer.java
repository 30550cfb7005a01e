package io.podseal.e2e.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.apiserver.MockApiServer;
import java.net.InetAddress;
import java.time.Duration;

/** Fabric8's mock, which starts in a moment and checks nothing but tokens. */
final class MemoryApiServer implements ApiServer {
  private final MockApiServer mock = MockApiServer.start(InetAddress.getLoopbackAddress(), 0);

  @Override
  public String description() {
    return """
    The API server is Fabric8's mock, in memory, with a TokenReview that knows the tokens
    it minted; ./dev demo --real takes etcd and kube-apiserver instead.\
    """;
  }

  @Override
  public KubernetesClient client() {
    return mock.client();
  }

  @Override
  public String controllerKubeconfig() {
    return mock.kubeconfig();
  }

  @Override
  public void namespaceMade(String namespace) {}

  @Override
  public Pod run(Pod pod) {
    return mock.client().resource(pod).create();
  }

  @Override
  public void delete(String namespace, String name, String uid) {
    mock.client().pods().inNamespace(namespace).withName(name).delete();
    mock.deletePodTokens(uid);
  }

  @Override
  public String mintToken(
      String namespace,
      String podName,
      String podUid,
      String serviceAccount,
      Duration life,
      String audience) {
    return mock.mintToken(namespace, podName, podUid, serviceAccount, life, audience);
  }

  @Override
  public void close() {
    mock.close();
  }
}
