package io.podseal.controller.inject;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks Kubernetes' ResourceRequirements before the API server would, with a better message. */
final class ResourceRequirements {
  private static final Set<String> PARTS = Set.of("requests", "limits");
  private static final List<String> NAMES = List.of("cpu", "memory", "ephemeral-storage");
  private static final Pattern QUANTITY =
      Pattern.compile("[0-9]{1,12}(\\.[0-9]{1,9})?(m|k|Ki|M|Mi|G|Gi)?");

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
        if (!entry.getValue().isTextual()
            || !QUANTITY.matcher(entry.getValue().textValue()).matches()) {
          return entry.getKey() + " is not a quantity such as \"100m\" or \"64Mi\"";
        }
      }
    }
    return "";
  }
}
