package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/** The controller's Deployment with one pod, which nobody stops. */
final class InstalledController {
  private static final String NAME = "podseal-controller";

  private InstalledController() {}

  /** Makes both and returns the pod. */
  static Pod of(KubernetesClient client, String namespace, int replicas) {
    client
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(NAME)
                .endMetadata()
                .withNewSpec()
                .withReplicas(replicas)
                .endSpec()
                .build())
        .create();
    return client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(NAME + "-1")
                .addToLabels("app.kubernetes.io/name", NAME)
                .endMetadata()
                .build())
        .create();
  }
}
