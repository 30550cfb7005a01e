package io.podseal.controller.inject;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a pod's annotations ask of its sidecar, each checked. */
final class PodAnnotations {
  static final String PREFIX = "podseal.io/";
  static final String LOG_LEVEL = "podseal.io/log-level";
  static final String RESOURCES = "podseal.io/sidecar-resources";
  static final String STATUS = "podseal.io/status";
  static final String ORIGINAL_PROBES = "podseal.io/original-probes";
  static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

  private static final Set<String> KNOWN =
      new TreeSet<>(Set.of(LOG_LEVEL, RESOURCES, STATUS, ORIGINAL_PROBES));
  private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");
  private static final JsonMapper JSON = new JsonMapper();

  private final JsonNode annotations;

  PodAnnotations(JsonNode pod) {
    annotations = pod.path("metadata").path("annotations");
  }

  String logLevel(SidecarTemplate template) {
    return annotations.path(LOG_LEVEL).asText(template.logLevel());
  }

  ObjectNode resources(SidecarTemplate template) {
    var asked = annotations.path(RESOURCES);
    return asked.isMissingNode()
        ? template.resources().deepCopy()
        : ResourceRequirements.inText((ObjectNode) parse(asked.asText()));
  }

  /** Appends what is wrong; afterwards, if nothing was, the other methods do not fail. */
  void check(List<String> problems) {
    for (var annotation : annotations.properties()) {
      if (annotation.getKey().startsWith(PREFIX) && !KNOWN.contains(annotation.getKey())) {
        problems.add("annotation " + annotation.getKey() + " is unknown; known are " + KNOWN);
      }
    }
    var level = annotations.path(LOG_LEVEL);
    if (!level.isMissingNode() && !LEVELS.contains(level.asText())) {
      problems.add("annotation " + LOG_LEVEL + ": '" + level.asText() + "' is none of " + LEVELS);
    }
    var resources = annotations.path(RESOURCES);
    if (!resources.isMissingNode()) {
      var tree = parse(resources.asText());
      var problem = tree.isMissingNode() ? "not JSON" : ResourceRequirements.problem(tree);
      if (!problem.isEmpty()) {
        problems.add("annotation " + RESOURCES + ": " + problem);
      }
    }
  }

  private static JsonNode parse(String text) {
    try {
      var tree = JSON.readTree(text);
      return tree == null ? JSON.missingNode() : tree;
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }
}
