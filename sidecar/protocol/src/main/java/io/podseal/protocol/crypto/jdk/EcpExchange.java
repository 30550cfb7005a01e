package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.EcpCurve;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrivateScalar;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.KeyAgreement;

/** Key exchange on a NIST curve (RFC 5903) on SunEC; the shared secret is the x coordinate. */
final class EcpExchange implements KeyExchange {
  private final KeyExchangeMethod method;
  private final EcpCurve curve;
  private final SecretBytes privateValue;
  private final ECParameterSpec parameters;
  private final byte[] publicValue;

  EcpExchange(KeyExchangeMethod method, RandomSource random) {
    this.method = method;
    this.curve = EcpCurve.of(method);
    this.privateValue = PrivateScalar.below(curve.order(), random);
    ECPublicKey publicKey = publicKey();
    this.parameters = publicKey.getParams();
    ECPoint w = publicKey.getW();
    this.publicValue = curve.encode(w.getAffineX(), w.getAffineY());
  }

  @Override
  public KeyExchangeMethod method() {
    return method;
  }

  @Override
  public byte[] publicValue() {
    return publicValue.clone();
  }

  @Override
  public Optional<SecretBytes> sharedSecret(byte[] peerValue) {
    return curve.decode(peerValue).map(this::agree);
  }

  @Override
  public void destroy() {
    privateValue.destroy();
  }

  private SecretBytes agree(EcpCurve.Point point) {
    try {
      KeyFactory keys = KeyFactory.getInstance("EC", "SunEC");
      PrivateKey ours =
          keys.generatePrivate(
              privateValue.use(s -> new ECPrivateKeySpec(new BigInteger(1, s), parameters)));
      PublicKey theirs =
          keys.generatePublic(new ECPublicKeySpec(new ECPoint(point.x(), point.y()), parameters));
      KeyAgreement agreement = KeyAgreement.getInstance("ECDH", "SunEC");
      agreement.init(ours);
      agreement.doPhase(theirs, true);
      return SecretBytes.adopt(agreement.generateSecret());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SunEC refused a point of " + curve.name(), e);
    }
  }

  /**
   * Multiplies the generator. The JDK has no call for that but key generation, which takes its seed
   * as a little-endian number modulo the order: given the scalar as its randomness it makes the key
   * of that scalar, which is checked.
   */
  private ECPublicKey publicKey() {
    RandomSource scalar =
        seed -> {
          Arrays.fill(seed, (byte) 0);
          privateValue.use(s -> {
            for (int i = 0; i < s.length; i++) {
              seed[i] = s[s.length - 1 - i];
            }
            return seed;
          });
        };
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
      generator.initialize(new ECGenParameterSpec(curve.name()), new SourcedRandom(scalar));
      KeyPair pair = generator.generateKeyPair();
      BigInteger made = ((ECPrivateKey) pair.getPrivate()).getS();
      if (!privateValue.use(s -> new BigInteger(1, s).equals(made))) {
        throw new IllegalStateException("this JDK makes EC keys in a way we do not know");
      }
      return (ECPublicKey) pair.getPublic();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + curve.name(), e);
    }
  }
}
