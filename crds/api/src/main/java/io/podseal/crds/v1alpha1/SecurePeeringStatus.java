package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the controller observed of a {@link SecurePeering}. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecurePeeringStatus(
    @JsonPropertyDescription("The generation of the spec that this status is about.")
        @Nullable Long observedGeneration,
    @Size(max = 8) @JsonPropertyDescription(
            "Accepted: the spec is good and in force. ResolvedRefs: what it names exists and may be"
                + " used. Ready: every selected pod has its keys.")
        @Nullable List<Condition> conditions,
    @JsonPropertyDescription("Counts of pod pairs.") @Nullable PairCounts pairs) {}
