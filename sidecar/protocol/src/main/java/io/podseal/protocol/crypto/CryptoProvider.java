package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;

/** Makes keyed primitives; one implementation per library. Thread-safe; what it makes is not. */
public interface CryptoProvider {
  Prf prf(PrfAlgorithm algorithm);

  /**
   * An AEAD under {@code key}, which is {@code algorithm.keyLength()} octets, without the salt, and
   * is copied.
   *
   * @param algorithm one that {@link EncryptionAlgorithm#isAead}
   */
  Aead aead(EncryptionAlgorithm algorithm, SecretBytes key);

  /**
   * A block cipher in CBC mode under {@code key}, which is copied.
   *
   * @param algorithm one that is not {@link EncryptionAlgorithm#isAead}
   */
  Cbc cbc(EncryptionAlgorithm algorithm, SecretBytes key);

  /** An integrity algorithm under {@code key}, which is copied. */
  Mac mac(IntegrityAlgorithm algorithm, SecretBytes key);

  /** The initiator's half of a key exchange, whose private key comes from {@code random}. */
  KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random);

  /**
   * The responder's half of a key exchange, whose private key, or secret to encapsulate, comes from
   * {@code random}.
   *
   * @return empty when the initiator's value is not acceptable: wrong length, not a member of the
   *     group (RFC 6989 §2), all-zero result (RFC 7748 §6.1), coefficients beyond the modulus (FIPS
   *     203 §7.2)
   */
  Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue);

  /** SHA-1 for NAT detection hashes only (RFC 7296 §2.23); not a security function there. */
  byte[] natDetectionHash(byte[] data);
}
