package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;
import org.bouncycastle.math.ec.rfc7748.X25519;

/** Curve25519 key exchange (RFC 8031). */
final class BcX25519 implements KeyExchange {
  private final SecretBytes privateValue;
  private final byte[] publicValue;

  BcX25519(RandomSource random) {
    this.privateValue = SecretBytes.adopt(random.bytes(X25519.SCALAR_SIZE));
    this.publicValue =
        privateValue.use(scalar -> {
          byte[] point = new byte[X25519.POINT_SIZE];
          X25519.scalarMultBase(scalar, 0, point, 0);
          return point;
        });
  }

  @Override
  public KeyExchangeMethod method() {
    return KeyExchangeMethod.X25519;
  }

  @Override
  public byte[] publicValue() {
    return publicValue.clone();
  }

  @Override
  public Optional<SecretBytes> sharedSecret(byte[] peerValue) {
    if (peerValue.length != X25519.POINT_SIZE) {
      return Optional.empty();
    }
    return privateValue.use(scalar -> {
      byte[] shared = new byte[X25519.POINT_SIZE];
      // False when the result is all zero (RFC 7748 §6.1).
      return X25519.calculateAgreement(scalar, 0, peerValue, 0, shared, 0)
          ? Optional.of(SecretBytes.adopt(shared))
          : Optional.empty();
    });
  }

  @Override
  public void destroy() {
    privateValue.destroy();
  }
}
