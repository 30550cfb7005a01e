package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The choices of a {@link CryptoProfile}; a component left out takes the built-in value.
 *
 * <p>Durations are written as in {@code 1h30m}. Lifetimes are local to each end and never
 * negotiated (RFC 7296 section 2.8).
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self == oldSelf",
    message =
        "the spec of a CryptoProfile cannot be changed: create another one and name it in"
            + " profileRef")
@ValidationRule(
    value =
        "!has(self.childLifetime) || !has(self.ikeLifetime) || duration(self.childLifetime) <="
            + " duration(self.ikeLifetime)",
    message = "childLifetime must not exceed ikeLifetime")
@ValidationRule(
    value =
        "!has(self.childLifetime) || (duration(self.childLifetime) >= duration('1m') &&"
            + " duration(self.childLifetime) <= duration('24h'))",
    message = "childLifetime must be between 1m and 24h")
@ValidationRule(
    value =
        "!has(self.ikeLifetime) || (duration(self.ikeLifetime) >= duration('1m') &&"
            + " duration(self.ikeLifetime) <= duration('168h'))",
    message = "ikeLifetime must be between 1m and 168h")
@ValidationRule(
    value =
        "!has(self.liveness) || (duration(self.liveness) >= duration('1s') &&"
            + " duration(self.liveness) <= duration('1h'))",
    message = "liveness must be between 1s and 1h")
public record CryptoProfileSpec(
    @Default("[\"aes256gcm16\", \"aes128gcm16\"]")
        @Size(min = 1, max = 2) @JsonPropertyDescription("Encryption algorithms in order of preference.")
        @Nullable List<String> encryption,
    @Default("1h")
        @Pattern(CryptoProfileSpec.DURATION) @Size(max = 16) @JsonPropertyDescription("Age at which an ESP security association is replaced.")
        @Nullable String childLifetime,
    @Default("4h")
        @Pattern(CryptoProfileSpec.DURATION) @Size(max = 16) @JsonPropertyDescription("Age at which an IKE security association is replaced.")
        @Nullable String ikeLifetime,
    @Default("30s")
        @Pattern(CryptoProfileSpec.DURATION) @Size(max = 16) @JsonPropertyDescription("Silence after which a peer is asked whether it still lives.")
        @Nullable String liveness) {

  /** How durations are written. */
  public static final String DURATION = "^([0-9]+(h|m|s))+$";
}
