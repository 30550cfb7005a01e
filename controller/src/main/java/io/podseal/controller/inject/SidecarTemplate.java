package io.podseal.controller.inject;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What all injected containers have in common.
 *
 * @param controller HOST:PORT where the sidecar finds its controller
 * @param image with its tag
 * @param pullPolicy Always, IfNotPresent or Never
 * @param logLevel of pods that ask for no other
 * @param resources ResourceRequirements of pods that ask for no others
 */
public record SidecarTemplate(
    String controller, String image, String pullPolicy, String logLevel, ObjectNode resources) {

  private static final JsonMapper JSON = new JsonMapper();

  public SidecarTemplate {
    resources = resources.deepCopy();
  }

  /**
   * A template with resources in JSON.
   *
   * @throws IllegalArgumentException if they are no ResourceRequirements
   */
  public static SidecarTemplate of(
      String controller, String image, String pullPolicy, String logLevel, String resources) {
    try {
      var tree = JSON.readTree(resources);
      var problem = ResourceRequirements.problem(tree);
      if (problem.isEmpty()) {
        return new SidecarTemplate(
            controller,
            image,
            pullPolicy,
            logLevel,
            ResourceRequirements.inText((ObjectNode) tree));
      }
      throw new IllegalArgumentException("resources of the sidecar: " + problem);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "resources of the sidecar are not JSON: " + e.getOriginalMessage(), e);
    }
  }
}
