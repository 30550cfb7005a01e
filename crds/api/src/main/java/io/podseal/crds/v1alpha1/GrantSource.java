package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One namespace that a {@link PeeringGrant} trusts, by name: labels could be set by others. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GrantSource(
    @Required
        @Size(min = 1, max = 63) @Pattern("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$") @JsonPropertyDescription("Name of the namespace.")
        @Nullable String namespace) {}
