package io.podseal.protocol.crypto.jdk;

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
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

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
    requireLength(algorithm, algorithm.keyLength(), key);
    return switch (algorithm) {
      case AES_GCM_16_128, AES_GCM_16_256 -> JdkAead.aesGcm(key);
      case CHACHA20_POLY1305 -> JdkAead.chaCha20Poly1305(key);
      case AES_CBC_128, AES_CBC_256 ->
          throw new IllegalArgumentException(algorithm + " is no AEAD");
    };
  }

  @Override
  public Cbc cbc(EncryptionAlgorithm algorithm, SecretBytes key) {
    requireLength(algorithm, algorithm.keyLength(), key);
    return switch (algorithm) {
      case AES_CBC_128, AES_CBC_256 -> new AesCbc(key);
      case AES_GCM_16_128, AES_GCM_16_256, CHACHA20_POLY1305 ->
          throw new IllegalArgumentException(algorithm + " is an AEAD");
    };
  }

  @Override
  public Mac mac(IntegrityAlgorithm algorithm, SecretBytes key) {
    requireLength(algorithm, algorithm.keyLength(), key);
    return new HmacIntegrity(algorithm, key);
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    return switch (method.family()) {
      case CURVE25519 -> new X25519Exchange(random);
      case ECP -> new EcpExchange(method, random);
      case MODP -> new ModpExchange(method, random);
      case ML_KEM -> new MlKem(method, random);
    };
  }

  @Override
  public Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue) {
    if (method.isKem()) {
      return MlKem.encapsulate(method, random, initiatorValue);
    }
    if (initiatorValue.length != method.requestLength()) {
      return Optional.empty();
    }
    KeyExchange ours = keyExchange(method, random);
    Bytes publicValue = Bytes.copyOf(ours.publicValue());
    Optional<KeyExchangeResponse> response =
        ours.sharedSecret(initiatorValue).map(s -> new KeyExchangeResponse(publicValue, s));
    ours.destroy();
    return response;
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-1, needed for NAT detection", e);
    }
  }

  private static void requireLength(Enum<?> algorithm, int length, SecretBytes key) {
    if (key.length() != length) {
      throw new IllegalArgumentException(
          algorithm + " takes a key of " + length + " octets, not " + key.length());
    }
  }
}
