package io.podseal.e2e.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;

/**
 * The API server that a {@link Cluster} uses, with what the kubelet asks of one. Implementations
 * are used from one thread.
 */
public interface ApiServer extends AutoCloseable {
  /** Says in a sentence or two what this is, for the reader of the demo. */
  String description();

  /** Returns a client that may do everything. */
  KubernetesClient client();

  /** Returns the text of a kubeconfig file with the rights of the controller. */
  String controllerKubeconfig();

  /** Makes what Kubernetes makes of itself in each new namespace, if anybody needs it. */
  void namespaceMade(String namespace);

  /** Creates {@code pod}, with its status, as if a kubelet ran it; returns it with its UID. */
  Pod run(Pod pod);

  /** Deletes a pod at once, and what was minted for it. */
  void delete(String namespace, String name, String uid);

  /** Mints a token bound to a pod, as the kubelet projects it. */
  String mintToken(
      String namespace,
      String podName,
      String podUid,
      String serviceAccount,
      Duration life,
      String audience);

  @Override
  void close();
}
