package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The crypto ports on the providers every JDK carries (SunJCE, SunEC, SUN). Thread-safe; each
 * primitive it makes belongs to one thread.
 */
public final class JdkCryptoProvider implements CryptoProvider {

  @Override
  public Prf prf(PrfAlgorithm algorithm) {
    return new HmacPrf(algorithm);
  }

  @Override
  public Aead aead(EncryptionAlgorithm algorithm, SecretBytes key) {
    if (key.length() != algorithm.keyLength()) {
      throw new IllegalArgumentException(
          algorithm + " takes a key of " + algorithm.keyLength() + " octets, not " + key.length());
    }
    return switch (algorithm) {
      case AES_GCM_16_128, AES_GCM_16_256 -> new AesGcm(key);
    };
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    return switch (method) {
      case X25519 -> new X25519Exchange(random);
    };
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-1, needed for NAT detection", e);
    }
  }
}
