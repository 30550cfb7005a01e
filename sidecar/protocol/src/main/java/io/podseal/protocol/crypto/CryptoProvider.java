package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;

/** Makes keyed primitives; one implementation per library. Thread-safe; what it makes is not. */
public interface CryptoProvider {
  Prf prf(PrfAlgorithm algorithm);

  /**
   * An AEAD under {@code key}, which is {@code algorithm.keyLength()} octets, without the salt, and
   * is copied.
   */
  Aead aead(EncryptionAlgorithm algorithm, SecretBytes key);

  /** A fresh key exchange whose private key comes from {@code random}. */
  KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random);

  /** SHA-1 for NAT detection hashes only (RFC 7296 §2.23); not a security function there. */
  byte[] natDetectionHash(byte[] data);
}
