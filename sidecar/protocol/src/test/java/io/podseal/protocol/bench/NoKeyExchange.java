package io.podseal.protocol.bench;

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

/**
 * Another provider with key exchanges that cost nothing and always agree on zeros. An established
 * SA keeps nothing of its key exchange, so what it weighs stays the same.
 */
record NoKeyExchange(CryptoProvider real) implements CryptoProvider {
  private static final int SECRET_LENGTH = 32;

  private static SecretBytes secret() {
    return SecretBytes.adopt(new byte[SECRET_LENGTH]);
  }

  private record Half(KeyExchangeMethod method) implements KeyExchange {
    @Override
    public byte[] publicValue() {
      return new byte[method.requestLength()];
    }

    @Override
    public Optional<SecretBytes> sharedSecret(byte[] responderValue) {
      return Optional.of(secret());
    }

    @Override
    public void destroy() {}
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    return new Half(method);
  }

  @Override
  public Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue) {
    return Optional.of(
        new KeyExchangeResponse(Bytes.copyOf(new byte[method.responseLength()]), secret()));
  }

  @Override
  public Prf prf(PrfAlgorithm algorithm) {
    return real.prf(algorithm);
  }

  @Override
  public Aead aead(EncryptionAlgorithm algorithm, SecretBytes key) {
    return real.aead(algorithm, key);
  }

  @Override
  public Cbc cbc(EncryptionAlgorithm algorithm, SecretBytes key) {
    return real.cbc(algorithm, key);
  }

  @Override
  public Mac mac(IntegrityAlgorithm algorithm, SecretBytes key) {
    return real.mac(algorithm, key);
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    return real.natDetectionHash(data);
  }
}
