package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.DecapsulateException;
import javax.crypto.KEM;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * ML-KEM (FIPS 203) on SunJCE as a key exchange: the initiator sends its encapsulation key, the
 * responder a ciphertext.
 *
 * <p>SunJCE asks the randomness it is given for d, then z, then m, 32 octets each: the order of
 * FIPS 203, so the same octets give the same keys as elsewhere.
 */
final class MlKem implements KeyExchange {
  private final KeyExchangeMethod method;
  private final byte[] encapsulationKey;
  private @Nullable PrivateKey decapsulationKey;

  MlKem(KeyExchangeMethod method, RandomSource random) {
    this.method = method;
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-KEM", "SunJCE");
      generator.initialize(new NamedParameterSpec(name(method)), new SourcedRandom(random));
      KeyPair pair = generator.generateKeyPair();
      byte[] encoded = pair.getPublic().getEncoded();
      this.encapsulationKey =
          Arrays.copyOfRange(encoded, encoded.length - method.requestLength(), encoded.length);
      this.decapsulationKey = pair.getPrivate();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + name(method), e);
    }
  }

  /** The responder's half, or empty for a key that FIPS 203 §7.2 refuses. */
  static Optional<KeyExchangeResponse> encapsulate(
      KeyExchangeMethod method, RandomSource random, byte[] encapsulationKey) {
    if (encapsulationKey.length != method.requestLength()) {
      return Optional.empty();
    }
    try {
      PublicKey key =
          KeyFactory.getInstance("ML-KEM", "SunJCE")
              .generatePublic(new X509EncodedKeySpec(x509(method, encapsulationKey)));
      KEM kem = KEM.getInstance("ML-KEM", "SunJCE");
      KEM.Encapsulator encapsulator;
      try {
        encapsulator = kem.newEncapsulator(key, null, new SourcedRandom(random));
      } catch (InvalidKeyException coefficientsBeyondModulus) {
        return Optional.empty();
      }
      KEM.Encapsulated made = encapsulator.encapsulate();
      return Optional.of(
          new KeyExchangeResponse(Bytes.copyOf(made.encapsulation()), secret(made.key())));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + name(method), e);
    }
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
    PrivateKey key = decapsulationKey;
    if (key == null) {
      throw new IllegalStateException("secret used after it was destroyed");
    }
    if (ciphertext.length != method.responseLength()) {
      return Optional.empty();
    }
    try {
      KEM kem = KEM.getInstance("ML-KEM", "SunJCE");
      return Optional.of(secret(kem.newDecapsulator(key).decapsulate(ciphertext)));
    } catch (DecapsulateException refused) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SunJCE refused its own key", e);
    }
  }

  /** The JDK's key cannot be zeroed; it is left to the collector. */
  @Override
  public void destroy() {
    decapsulationKey = null;
  }

  private static SecretBytes secret(SecretKey key) {
    return SecretBytes.adopt(key.getEncoded());
  }

  private static String name(KeyExchangeMethod method) {
    return switch (method) {
      case ML_KEM_512 -> "ML-KEM-512";
      case ML_KEM_768 -> "ML-KEM-768";
      case ML_KEM_1024 -> "ML-KEM-1024";
      default -> throw new IllegalArgumentException(method + " is no KEM");
    };
  }

  /** SubjectPublicKeyInfo around the raw key, the one form that the JDK reads. */
  private static byte[] x509(KeyExchangeMethod method, byte[] key) {
    String prefix =
        switch (method) {
          case ML_KEM_512 -> "30820332300b0609608648016503040401" + "0382032100";
          case ML_KEM_768 -> "308204b2300b0609608648016503040402" + "038204a100";
          default -> "30820632300b0609608648016503040403" + "0382062100";
        };
    byte[] head = HexFormat.of().parseHex(prefix);
    byte[] encoded = Arrays.copyOf(head, head.length + key.length);
    System.arraycopy(key, 0, encoded, head.length, key.length);
    return encoded;
  }
}
