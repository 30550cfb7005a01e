package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The JDK's cryptography, counting the ciphers whose keys were not destroyed yet. */
final class CountedCrypto implements CryptoProvider {
  final AtomicInteger liveCiphers = new AtomicInteger();

  private final CryptoProvider jdk = new JdkCryptoProvider();

  @Override
  public Prf prf(PrfAlgorithm algorithm) {
    return jdk.prf(algorithm);
  }

  @Override
  public Aead aead(EncryptionAlgorithm algorithm, SecretBytes key) {
    Aead aead = jdk.aead(algorithm, key);
    liveCiphers.incrementAndGet();
    return new Aead() {
      @Override
      public int seal(
          byte[] nonce,
          byte[] aad,
          int aadLength,
          byte[] in,
          int inOffset,
          int inLength,
          byte[] out,
          int outOffset) {
        return aead.seal(nonce, aad, aadLength, in, inOffset, inLength, out, outOffset);
      }

      @Override
      public int open(
          byte[] nonce,
          byte[] aad,
          int aadLength,
          byte[] in,
          int inOffset,
          int inLength,
          byte[] out,
          int outOffset) {
        return aead.open(nonce, aad, aadLength, in, inOffset, inLength, out, outOffset);
      }

      @Override
      public void destroy() {
        aead.destroy();
        liveCiphers.decrementAndGet();
      }
    };
  }

  @Override
  public Cbc cbc(EncryptionAlgorithm algorithm, SecretBytes key) {
    return jdk.cbc(algorithm, key);
  }

  @Override
  public Mac mac(IntegrityAlgorithm algorithm, SecretBytes key) {
    return jdk.mac(algorithm, key);
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    return jdk.keyExchange(method, random);
  }

  @Override
  public Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue) {
    return jdk.respond(method, random, initiatorValue);
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    return jdk.natDetectionHash(data);
  }
}
