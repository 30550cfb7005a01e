package io.podseal.sidecar.policy;

import io.podseal.control.v1.CryptoProfile;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.SequenceNumbers;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The algorithms that a profile names, in the words that IPsec configurations use for them. */
final class ProfileNames {
  private static final Map<String, EncryptionAlgorithm> ENCRYPTION =
      Map.of(
          "aes256gcm16", EncryptionAlgorithm.AES_GCM_16_256,
          "aes128gcm16", EncryptionAlgorithm.AES_GCM_16_128,
          "chacha20poly1305", EncryptionAlgorithm.CHACHA20_POLY1305,
          "aes256", EncryptionAlgorithm.AES_CBC_256,
          "aes128", EncryptionAlgorithm.AES_CBC_128);

  private static final Map<String, IntegrityAlgorithm> INTEGRITY =
      Map.of(
          "sha256", IntegrityAlgorithm.HMAC_SHA2_256_128,
          "sha384", IntegrityAlgorithm.HMAC_SHA2_384_192,
          "sha512", IntegrityAlgorithm.HMAC_SHA2_512_256);

  private static final Map<String, PrfAlgorithm> PRF =
      Map.of(
          "prfsha256", PrfAlgorithm.HMAC_SHA2_256,
          "prfsha384", PrfAlgorithm.HMAC_SHA2_384,
          "prfsha512", PrfAlgorithm.HMAC_SHA2_512);

  private static final Map<String, KeyExchangeMethod> KEY_EXCHANGE =
      Map.of(
          "x25519", KeyExchangeMethod.X25519,
          "ecp256", KeyExchangeMethod.P256,
          "ecp384", KeyExchangeMethod.P384,
          "ecp521", KeyExchangeMethod.P521,
          "modp2048", KeyExchangeMethod.MODP_2048,
          "modp3072", KeyExchangeMethod.MODP_3072,
          "modp4096", KeyExchangeMethod.MODP_4096);

  private static final Map<String, KeyExchangeMethod> ADDITIONAL =
      Map.of(
          "mlkem512", KeyExchangeMethod.ML_KEM_512,
          "mlkem768", KeyExchangeMethod.ML_KEM_768,
          "mlkem1024", KeyExchangeMethod.ML_KEM_1024);

  private static final Map<String, SequenceNumbers> NUMBERS =
      Map.of(
          "esn", SequenceNumbers.PARTIALLY_TRANSMITTED_64,
          "noesn", SequenceNumbers.SEQUENTIAL_32);

  private ProfileNames() {}

  /**
   * What {@code profile} says, and {@link CryptoOffer#DEFAULT} where it says nothing.
   *
   * @throws PolicyException when it names no key exchange or the like that we know: the default
   *     could be weaker than what was asked for
   */
  static CryptoOffer offer(CryptoProfile profile) {
    List<EncryptionAlgorithm> ciphers = known(profile.getEncryptionList(), ENCRYPTION);
    CryptoOffer offer = ciphers.isEmpty() ? CryptoOffer.DEFAULT : CryptoOffer.ofCiphers(ciphers);
    if (profile.getAdditionalKeyExchangeList().equals(List.of("none"))) {
      offer = offer.withoutAdditional();
      profile = profile.toBuilder().clearAdditionalKeyExchange().build();
    }
    List<KeyExchangeMethod> additional =
        named(profile, profile.getAdditionalKeyExchangeList(), ADDITIONAL, List.of());
    return new CryptoOffer(
        offer.encryption(),
        named(profile, profile.getIntegrityList(), INTEGRITY, offer.integrity()),
        named(profile, profile.getPrfList(), PRF, offer.prf()),
        named(profile, profile.getKeyExchangeList(), KEY_EXCHANGE, offer.keyExchange()),
        additional.isEmpty()
            ? offer.additional()
            : List.of(new AdditionalKeyExchange(additional, false)),
        named(profile, profile.getSequenceNumbersList(), NUMBERS, offer.sequenceNumbers()));
  }

  private static <T> List<T> named(
      CryptoProfile profile, List<String> names, Map<String, T> all, List<T> usual) {
    List<T> found = known(names, all);
    if (found.isEmpty() && !names.isEmpty()) {
      throw new PolicyException(
          "profile " + profile.getName() + " names nothing that this sidecar knows: " + names);
    }
    return found.isEmpty() ? usual : found;
  }

  private static <T> List<T> known(List<String> names, Map<String, T> all) {
    return names.stream()
        .map(name -> all.get(name.toLowerCase(Locale.ROOT)))
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }
}
