package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Names a {@link CryptoProfile} of the same namespace. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ProfileReference(
    @Default(ProfileReference.DEFAULT)
        @Size(min = 1, max = 253) @JsonPropertyDescription("Name of the CryptoProfile.")
        @Nullable String name) {

  /** The profile that is used when none is named, and that exists in every namespace. */
  public static final String DEFAULT = "default";
}
