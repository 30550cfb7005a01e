package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes label selector with bounds; all parts must hold.
 *
 * <p>Empty is refused: here it would silently mean "every pod of the namespace".
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) &&"
            + " size(self.matchExpressions) > 0)",
    message = "a selector must name at least one label; an empty one would select everything")
public record Selector(
    @Size(max = 32) @JsonPropertyDescription("Labels that must have exactly these values.")
        @Nullable Map<String, String> matchLabels,
    @Size(max = 32) @JsonPropertyDescription("Requirements on labels.")
        @Nullable List<Requirement> matchExpressions) {

  /** Selects by one label. */
  public static Selector label(String key, String value) {
    return new Selector(Map.of(key, value), null);
  }
}
