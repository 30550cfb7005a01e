package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import org.bouncycastle.crypto.digests.SHA1Digest;

/**
 * The crypto ports on Bouncy Castle's lightweight API. Thread-safe; what it makes is not. Its
 * AES-GCM is about twenty times slower than the JDK's.
 */
public final class BouncyCastleProvider implements CryptoProvider {

  @Override
  public Prf prf(PrfAlgorithm algorithm) {
    return new BcPrf(algorithm);
  }

  @Override
  public Aead aead(EncryptionAlgorithm algorithm, SecretBytes key) {
    if (key.length() != algorithm.keyLength()) {
      throw new IllegalArgumentException(
          algorithm + " takes a key of " + algorithm.keyLength() + " octets, not " + key.length());
    }
    return switch (algorithm) {
      case AES_GCM_16_128, AES_GCM_16_256 -> new BcAesGcm(key);
    };
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    return switch (method) {
      case X25519 -> new BcX25519(random);
    };
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    SHA1Digest digest = new SHA1Digest();
    digest.update(data, 0, data.length);
    byte[] hash = new byte[digest.getDigestSize()];
    digest.doFinal(hash, 0);
    return hash;
  }
}
