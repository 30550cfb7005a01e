package io.podseal.sidecar.jca;

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
import java.util.Optional;
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
    requireLength(algorithm, algorithm.keyLength(), key);
    return switch (algorithm) {
      case AES_GCM_16_128, AES_GCM_16_256 -> BcAead.aesGcm(key);
      case CHACHA20_POLY1305 -> BcAead.chaCha20Poly1305(key);
      case AES_CBC_128, AES_CBC_256 ->
          throw new IllegalArgumentException(algorithm + " is no AEAD");
    };
  }

  @Override
  public Cbc cbc(EncryptionAlgorithm algorithm, SecretBytes key) {
    requireLength(algorithm, algorithm.keyLength(), key);
    return switch (algorithm) {
      case AES_CBC_128, AES_CBC_256 -> new BcCbc(key);
      case AES_GCM_16_128, AES_GCM_16_256, CHACHA20_POLY1305 ->
          throw new IllegalArgumentException(algorithm + " is an AEAD");
    };
  }

  @Override
  public Mac mac(IntegrityAlgorithm algorithm, SecretBytes key) {
    requireLength(algorithm, algorithm.keyLength(), key);
    return new BcMac(algorithm, key);
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    return switch (method.family()) {
      case CURVE25519 -> new BcX25519(random);
      case ECP -> new BcEcp(method, random);
      case MODP -> new BcModp(method, random);
      case ML_KEM -> new BcMlKem(method, random);
    };
  }

  @Override
  public Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue) {
    if (method.isKem()) {
      return BcMlKem.encapsulate(method, random, initiatorValue);
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
    SHA1Digest digest = new SHA1Digest();
    digest.update(data, 0, data.length);
    byte[] hash = new byte[digest.getDigestSize()];
    digest.doFinal(hash, 0);
    return hash;
  }

  private static void requireLength(Enum<?> algorithm, int length, SecretBytes key) {
    if (key.length() != length) {
      throw new IllegalArgumentException(
          algorithm + " takes a key of " + length + " octets, not " + key.length());
    }
  }
}
