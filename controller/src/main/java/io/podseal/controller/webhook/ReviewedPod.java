package io.podseal.controller.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Whom to tell about a pod that is not created yet: its owner, or the pod itself.
 *
 * @param pod its name, or what its name will begin with
 * @param uid empty where there is no owner
 */
public record ReviewedPod(
    String namespace, String pod, String apiVersion, String kind, String name, String uid) {

  static ReviewedPod of(ObjectNode pod, String namespace) {
    var metadata = pod.path("metadata");
    var name = metadata.path("name").asText(metadata.path("generateName").asText());
    for (var owner : metadata.path("ownerReferences")) {
      if (owner.path("controller").asBoolean()) {
        return new ReviewedPod(
            namespace,
            name,
            owner.path("apiVersion").asText(),
            owner.path("kind").asText(),
            owner.path("name").asText(),
            owner.path("uid").asText());
      }
    }
    return new ReviewedPod(namespace, name, "v1", "Pod", name, "");
  }
}
