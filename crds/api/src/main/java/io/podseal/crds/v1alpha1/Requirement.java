package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One requirement of a label selector. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
    message = "In and NotIn need values; Exists and DoesNotExist take none")
public record Requirement(
    @Required @Size(min = 1, max = 317) @JsonPropertyDescription("The label.") @Nullable String key,
    @Required @JsonPropertyDescription("In, NotIn, Exists or DoesNotExist.")
        @Nullable String operator,
    @Size(max = 64) @JsonPropertyDescription("The values that In and NotIn compare with.")
        @Nullable List<String> values) {}
