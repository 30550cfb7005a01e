package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The algorithms of a crypto profile, each kind in order of preference and by the names of {@link
 * CryptoProfileSpec}; where a kind but encryption is empty, the sidecar has a default.
 */
public record AlgorithmChoice(
    List<String> encryption,
    List<String> integrity,
    List<String> prf,
    List<String> keyExchange,
    List<String> additionalKeyExchange) {
  private static final List<String> CBC = List.of("aes256", "aes128");

  /** What a profile means that names none. */
  public static final AlgorithmChoice BUILT_IN =
      new AlgorithmChoice(
          List.of("aes256gcm16", "aes128gcm16"), List.of(), List.of(), List.of(), List.of());

  public AlgorithmChoice {
    encryption = List.copyOf(encryption);
    integrity = List.copyOf(integrity);
    prf = List.copyOf(prf);
    keyExchange = List.copyOf(keyExchange);
    additionalKeyExchange = List.copyOf(additionalKeyExchange);
  }

  /** Checks what {@code spec} names, repeating what the CRD's rules say. */
  static AlgorithmChoice of(CryptoProfileSpec spec) throws SpecException {
    var choice =
        new AlgorithmChoice(
            spec.encryption() == null
                ? BUILT_IN.encryption
                : some("encryption", spec.encryption(), CryptoProfileSpec.ENCRYPTION),
            some("integrity", spec.integrity(), CryptoProfileSpec.INTEGRITY),
            some("prf", spec.prf(), CryptoProfileSpec.PRF),
            some("keyExchange", spec.keyExchange(), CryptoProfileSpec.KEY_EXCHANGE),
            some(
                "additionalKeyExchange",
                spec.additionalKeyExchange(),
                CryptoProfileSpec.ADDITIONAL_KEY_EXCHANGE));
    if (!choice.integrity.isEmpty() && choice.encryption.stream().noneMatch(CBC::contains)) {
      throw SpecException.invalid(
          "integrity is for aes256 and aes128: the other ciphers protect integrity themselves");
    }
    if (choice.additionalKeyExchange.size() > 1
        && choice.additionalKeyExchange.contains(CryptoProfileSpec.NONE)) {
      throw SpecException.invalid("additionalKeyExchange none must stand alone");
    }
    return choice;
  }

  private static List<String> some(String field, @Nullable List<String> names, List<String> known)
      throws SpecException {
    if (names == null) {
      return List.of();
    }
    if (names.isEmpty()
        || !known.containsAll(names)
        || names.stream().distinct().count() != names.size()) {
      throw SpecException.invalid(
          field + " must list, each once, some of " + String.join(", ", known));
    }
    return names;
  }
}
