package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.util.Optional;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.generators.MLKEMKeyPairGenerator;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMKeyGenerationParameters;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;

/** ML-KEM (FIPS 203) as a key exchange; takes d, z and m from the source in this order. */
final class BcMlKem implements KeyExchange {
  private final KeyExchangeMethod method;
  private final MLKEMPrivateKeyParameters decapsulationKey;
  private final byte[] encapsulationKey;

  BcMlKem(KeyExchangeMethod method, RandomSource random) {
    this.method = method;
    MLKEMKeyPairGenerator generator = new MLKEMKeyPairGenerator();
    generator.init(new MLKEMKeyGenerationParameters(new SourcedRandom(random), parameters(method)));
    AsymmetricCipherKeyPair pair = generator.generateKeyPair();
    this.decapsulationKey = (MLKEMPrivateKeyParameters) pair.getPrivate();
    this.encapsulationKey = ((MLKEMPublicKeyParameters) pair.getPublic()).getEncoded();
  }

  /** The responder's half, or empty for a key that FIPS 203 §7.2 refuses. */
  static Optional<KeyExchangeResponse> encapsulate(
      KeyExchangeMethod method, RandomSource random, byte[] encapsulationKey) {
    if (encapsulationKey.length != method.requestLength()) {
      return Optional.empty();
    }
    MLKEMPublicKeyParameters key;
    try {
      key = new MLKEMPublicKeyParameters(parameters(method), encapsulationKey);
    } catch (IllegalArgumentException coefficientsBeyondModulus) {
      return Optional.empty();
    }
    SecretWithEncapsulation made =
        new MLKEMGenerator(new SourcedRandom(random)).generateEncapsulated(key);
    return Optional.of(
        new KeyExchangeResponse(
            Bytes.copyOf(made.getEncapsulation()), SecretBytes.adopt(made.getSecret())));
  }

  @Override
  public KeyExchangeMethod method() {
    return method;
  }

  @Override
  public byte[] publicValue() {
    return encapsulationKey.clone();
  }

  @Override
  public Optional<SecretBytes> sharedSecret(byte[] ciphertext) {
    if (decapsulationKey.isDestroyed()) {
      throw new IllegalStateException("secret used after it was destroyed");
    }
    if (ciphertext.length != method.responseLength()) {
      return Optional.empty();
    }
    return Optional.of(
        SecretBytes.adopt(new MLKEMExtractor(decapsulationKey).extractSecret(ciphertext)));
  }

  @Override
  public void destroy() {
    decapsulationKey.destroy();
  }

  private static MLKEMParameters parameters(KeyExchangeMethod method) {
    return switch (method) {
      case ML_KEM_512 -> MLKEMParameters.ml_kem_512;
      case ML_KEM_768 -> MLKEMParameters.ml_kem_768;
      case ML_KEM_1024 -> MLKEMParameters.ml_kem_1024;
      default -> throw new IllegalArgumentException(method + " is no KEM");
    };
  }
}
