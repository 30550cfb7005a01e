package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whose peerings may seal with which pods of the grant's namespace. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PeeringGrantSpec(
    @Required
        @Size(min = 1, max = 64) @JsonPropertyDescription("Namespaces whose peerings may name these pods in `to`.")
        @Nullable List<GrantSource> from,
    @Required @JsonPropertyDescription("The pods of this namespace that are permitted.")
        @Nullable PeerSource to) {}
