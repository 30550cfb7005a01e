package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeMethod.Family;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;

/**
 * The crypto ports of a sidecar: each algorithm from the library that is faster at it. That is the
 * JDK with its intrinsics, but Bouncy Castle for Curve25519, which takes it about a third of the
 * time. Thread-safe; what it makes is not.
 */
public final class SidecarCrypto implements CryptoProvider {
  private final CryptoProvider jdk = new JdkCryptoProvider();
  private final CryptoProvider bouncyCastle = new BouncyCastleProvider();

  @Override
  public Prf prf(PrfAlgorithm algorithm) {
    return jdk.prf(algorithm);
  }

  @Override
  public Aead aead(EncryptionAlgorithm algorithm, SecretBytes key) {
    return jdk.aead(algorithm, key);
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
    return faster(method).keyExchange(method, random);
  }

  @Override
  public Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue) {
    return faster(method).respond(method, random, initiatorValue);
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    return jdk.natDetectionHash(data);
  }

  private CryptoProvider faster(KeyExchangeMethod method) {
    return method.family() == Family.CURVE25519 ? bouncyCastle : jdk;
  }
}
