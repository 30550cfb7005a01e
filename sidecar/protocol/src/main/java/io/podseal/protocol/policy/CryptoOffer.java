package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.Algorithm;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.WorkingAlgorithms;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The algorithms that we offer to a peer and accept from it, each list most wanted first.
 *
 * @param integrity for ciphers that are no AEAD, and for AH; may be empty without both
 * @param additional ADDKE1, ADDKE2 and so on (RFC 9370); needs IKE_INTERMEDIATE, without which ask
 *     for {@link #withoutAdditional}
 */
public record CryptoOffer(
    List<EncryptionAlgorithm> encryption,
    List<IntegrityAlgorithm> integrity,
    List<PrfAlgorithm> prf,
    List<KeyExchangeMethod> keyExchange,
    List<AdditionalKeyExchange> additional,
    List<SequenceNumbers> sequenceNumbers) {

  /** One key exchange, for peers that know no additional ones. */
  public static final CryptoOffer CLASSIC =
      new CryptoOffer(
          List.of(EncryptionAlgorithm.AES_GCM_16_256, EncryptionAlgorithm.AES_GCM_16_128),
          List.of(),
          List.of(
              PrfAlgorithm.HMAC_SHA2_256, PrfAlgorithm.HMAC_SHA2_384, PrfAlgorithm.HMAC_SHA2_512),
          List.of(KeyExchangeMethod.X25519),
          List.of(),
          List.of(SequenceNumbers.PARTIALLY_TRANSMITTED_64));

  /** {@link #CLASSIC} with mandatory ML-KEM-768: the secret outlives X25519. */
  public static final CryptoOffer HYBRID =
      CLASSIC.withAdditional(List.of(AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_768)));

  /** What is offered to a peer whose profile names nothing. */
  public static final CryptoOffer DEFAULT = HYBRID;

  public CryptoOffer {
    encryption = once("encryption", encryption);
    integrity = once("integrity", integrity);
    prf = once("PRF", prf);
    keyExchange = once("key exchange", keyExchange);
    additional = List.copyOf(additional);
    sequenceNumbers = once("sequence numbers", sequenceNumbers);
    if (prf.isEmpty() || keyExchange.isEmpty() || sequenceNumbers.isEmpty()) {
      throw new IllegalArgumentException(
          "an offer needs a PRF, a key exchange and sequence numbers");
    }
    if (encryption.isEmpty() && integrity.isEmpty()) {
      throw new IllegalArgumentException("an offer needs encryption, or integrity for AH");
    }
    if (integrity.isEmpty() && !encryption.stream().allMatch(EncryptionAlgorithm::isAead)) {
      throw new IllegalArgumentException("AES-CBC needs an integrity algorithm beside it");
    }
    if (additional.size() > TransformType.MAX_ADDITIONAL) {
      throw new IllegalArgumentException("more than seven additional key exchanges");
    }
  }

  /** {@link #DEFAULT} with other ciphers, and with every integrity algorithm if one needs it. */
  public static CryptoOffer ofCiphers(List<EncryptionAlgorithm> encryption) {
    boolean separate = !encryption.stream().allMatch(EncryptionAlgorithm::isAead);
    return DEFAULT
        .withIntegrity(separate ? List.of(IntegrityAlgorithm.values()) : List.of())
        .withEncryption(encryption);
  }

  public CryptoOffer withEncryption(List<EncryptionAlgorithm> value) {
    return new CryptoOffer(value, integrity, prf, keyExchange, additional, sequenceNumbers);
  }

  public CryptoOffer withIntegrity(List<IntegrityAlgorithm> value) {
    return new CryptoOffer(encryption, value, prf, keyExchange, additional, sequenceNumbers);
  }

  public CryptoOffer withPrf(List<PrfAlgorithm> value) {
    return new CryptoOffer(encryption, integrity, value, keyExchange, additional, sequenceNumbers);
  }

  public CryptoOffer withKeyExchange(List<KeyExchangeMethod> value) {
    return new CryptoOffer(encryption, integrity, prf, value, additional, sequenceNumbers);
  }

  public CryptoOffer withAdditional(List<AdditionalKeyExchange> value) {
    return new CryptoOffer(encryption, integrity, prf, keyExchange, value, sequenceNumbers);
  }

  public CryptoOffer withSequenceNumbers(List<SequenceNumbers> value) {
    return new CryptoOffer(encryption, integrity, prf, keyExchange, additional, value);
  }

  /** Whether an SA without additional key exchanges is refused. */
  public boolean requiresAdditional() {
    return additional.stream().anyMatch(a -> !a.optional());
  }

  /** Whether an IKE SA of this suite is what we would have chosen. */
  public boolean allows(IkeSuite suite) {
    return encryption.contains(suite.encryption())
        && suite.integrity().map(integrity::contains).orElse(true)
        && prf.contains(suite.prf())
        && keyExchange.contains(suite.keyExchange())
        && additional.stream()
            .allMatch(
                a -> a.optional() || a.methods().stream().anyMatch(suite.additional()::contains));
  }

  /** What either of two peers may use, for one that has not said which it is. */
  public CryptoOffer or(CryptoOffer other) {
    return new CryptoOffer(
        either(encryption, other.encryption),
        either(integrity, other.integrity),
        either(prf, other.prf),
        either(keyExchange, other.keyExchange),
        additional.equals(other.additional) ? additional : either(other),
        either(sequenceNumbers, other.sequenceNumbers));
  }

  /** The methods of both at each number, none of them mandatory. */
  private List<AdditionalKeyExchange> either(CryptoOffer other) {
    return IntStream.range(0, Math.max(additional.size(), other.additional.size()))
        .mapToObj(i -> new AdditionalKeyExchange(either(methods(i), other.methods(i)), true))
        .toList();
  }

  private List<KeyExchangeMethod> methods(int index) {
    return index < additional.size() ? additional.get(index).methods() : List.of();
  }

  private static <T> List<T> either(List<T> first, List<T> second) {
    return Stream.concat(first.stream(), second.stream()).distinct().toList();
  }

  /** The same for a peer, or an exchange, that does not know RFC 9370. */
  public CryptoOffer withoutAdditional() {
    return withAdditional(List.of());
  }

  /**
   * The same for the rekey of an IKE SA: only the PRF it has. RFC 7296 §2.18 lets the PRF change,
   * but implementations differ in which of the two expands the keys.
   */
  public CryptoOffer forRekeyOfIke(PrfAlgorithm current) {
    return withPrf(List.of(current));
  }

  /**
   * What of this offer works, or empty when what is left cannot make an SA. A mandatory additional
   * key exchange is never left out: without a working method there is no offer. An optional one
   * goes if it is the last; before another it would change that one's number.
   */
  public Optional<CryptoOffer> restrictedTo(WorkingAlgorithms working) {
    List<IntegrityAlgorithm> macs = keep(integrity, working);
    List<EncryptionAlgorithm> ciphers =
        keep(encryption, working).stream().filter(e -> e.isAead() || !macs.isEmpty()).toList();
    List<AdditionalKeyExchange> exchanges = new ArrayList<>();
    for (AdditionalKeyExchange wanted : additional) {
      List<KeyExchangeMethod> methods = keep(wanted.methods(), working);
      if (methods.isEmpty()) {
        boolean last = exchanges.size() == additional.size() - 1;
        if (wanted.optional() && last) {
          continue;
        }
        return Optional.empty();
      }
      exchanges.add(new AdditionalKeyExchange(methods, wanted.optional()));
    }
    List<PrfAlgorithm> prfs = keep(prf, working);
    List<KeyExchangeMethod> methods = keep(keyExchange, working);
    boolean useless =
        prfs.isEmpty()
            || methods.isEmpty()
            || (ciphers.isEmpty() && (!encryption.isEmpty() || macs.isEmpty()));
    return useless
        ? Optional.empty()
        : Optional.of(new CryptoOffer(ciphers, macs, prfs, methods, exchanges, sequenceNumbers));
  }

  /** Every algorithm it names. */
  public List<Algorithm> algorithms() {
    return Stream.of(
            encryption,
            integrity,
            prf,
            keyExchange,
            additional.stream().flatMap(a -> a.methods().stream()).toList())
        .<Algorithm>flatMap(List::stream)
        .toList();
  }

  private static <T extends Algorithm> List<T> keep(List<T> list, WorkingAlgorithms working) {
    return list.stream().filter(working::includes).toList();
  }

  private static <T> List<T> once(String what, List<T> list) {
    if (new HashSet<>(list).size() != list.size()) {
      throw new IllegalArgumentException(what + " named twice: " + list);
    }
    return List.copyOf(list);
  }
}
