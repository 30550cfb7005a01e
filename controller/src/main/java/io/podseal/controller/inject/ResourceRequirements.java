package io.podseal.controller.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Takes Kubernetes' ResourceRequirements of a sidecar, or says better than the API server why not.
 */
final class ResourceRequirements {
  private static final Set<String> PARTS = Set.of("requests", "limits");
  static final List<String> NAMES = List.of("cpu", "memory", "ephemeral-storage");

  /** All that Kubernetes reads as a quantity, except what is less than nothing. */
  static final Pattern QUANTITY =
      Pattern.compile("\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?");

  private ResourceRequirements() {}

  /** What is wrong with it; empty if nothing is. */
  static String problem(JsonNode tree) {
    if (!tree.isObject()) {
      return "write them as {\"requests\": {\"memory\": \"64Mi\"}, \"limits\": {...}}";
    }
    for (var part : tree.properties()) {
      if (!PARTS.contains(part.getKey()) || !part.getValue().isObject()) {
        return "'" + part.getKey() + "' is not requests or limits with a map of quantities";
      }
      for (var entry : part.getValue().properties()) {
        if (!NAMES.contains(entry.getKey())) {
          return "'" + entry.getKey() + "' is none of " + NAMES;
        }
        if (!isQuantity(entry.getValue())) {
          return entry.getKey() + " is not a quantity such as \"100m\" or \"64Mi\"";
        }
      }
    }
    return "";
  }

  private static boolean isQuantity(JsonNode value) {
    return (value.isTextual() || value.isNumber()) && QUANTITY.matcher(value.asText()).matches();
  }

  /** The same with its numbers as text, as the API server writes quantities. */
  static ObjectNode inText(ObjectNode requirements) {
    var text = requirements.deepCopy();
    for (var part : text) {
      for (var entry : part.properties()) {
        entry.setValue(TextNode.valueOf(entry.getValue().asText()));
      }
    }
    return text;
  }
}
