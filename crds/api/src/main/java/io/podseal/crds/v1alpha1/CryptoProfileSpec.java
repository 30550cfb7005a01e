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
@ValidationRule(
    value =
        "!has(self.integrity) || !has(self.encryption) || self.encryption.exists(e, e in"
            + " ['aes256', 'aes128'])",
    message = "integrity is for aes256 and aes128: the other ciphers protect integrity themselves")
@ValidationRule(
    value =
        "!has(self.additionalKeyExchange) || !('none' in self.additionalKeyExchange) ||"
            + " size(self.additionalKeyExchange) == 1",
    message = "additionalKeyExchange none must stand alone")
public record CryptoProfileSpec(
    @Default("[\"aes256gcm16\", \"aes128gcm16\"]")
        @Size(min = 1, max = 5) @JsonPropertyDescription(
            "Encryption algorithms in order of preference; aes256 and aes128 are CBC.")
        @Nullable List<String> encryption,
    @Default("1h")
        @Pattern(CryptoProfileSpec.DURATION) @Size(max = 16) @JsonPropertyDescription("Age at which an ESP security association is replaced.")
        @Nullable String childLifetime,
    @Default("4h")
        @Pattern(CryptoProfileSpec.DURATION) @Size(max = 16) @JsonPropertyDescription("Age at which an IKE security association is replaced.")
        @Nullable String ikeLifetime,
    @Default("30s")
        @Pattern(CryptoProfileSpec.DURATION) @Size(max = 16) @JsonPropertyDescription("Silence after which a peer is asked whether it still lives.")
        @Nullable String liveness,
    @Size(min = 1, max = 3) @JsonPropertyDescription(
            "Integrity algorithms for aes256 and aes128, in order of preference; all of them if left out.")
        @Nullable List<String> integrity,
    @Size(min = 1, max = 3) @JsonPropertyDescription(
            "Pseudorandom functions of IKE in order of preference; all of them if left out.")
        @Nullable List<String> prf,
    @Size(min = 1, max = 7) @JsonPropertyDescription("Key exchanges in order of preference; x25519 if left out.")
        @Nullable List<String> keyExchange,
    @Size(min = 1, max = 3) @JsonPropertyDescription(
            "Key encapsulations of which one is required beside the key exchange, in order of preference, or none alone; mlkem768 if left out.")
        @Nullable List<String> additionalKeyExchange) {

  /** Names of encryption algorithms. */
  public static final List<String> ENCRYPTION =
      List.of("aes256gcm16", "aes128gcm16", "chacha20poly1305", "aes256", "aes128");

  /** Names of integrity algorithms. */
  public static final List<String> INTEGRITY = List.of("sha256", "sha384", "sha512");

  /** Names of pseudorandom functions. */
  public static final List<String> PRF = List.of("prfsha256", "prfsha384", "prfsha512");

  /** Names of key exchanges. */
  public static final List<String> KEY_EXCHANGE =
      List.of("x25519", "ecp256", "ecp384", "ecp521", "modp2048", "modp3072", "modp4096");

  /** No additional key exchange. */
  public static final String NONE = "none";

  /** Names of additional key exchanges. */
  public static final List<String> ADDITIONAL_KEY_EXCHANGE =
      List.of("mlkem512", "mlkem768", "mlkem1024", NONE);

  /** How durations are written. */
  public static final String DURATION = "^([0-9]+(h|m|s))+$";
}
