package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Optional;
import javax.crypto.KeyAgreement;
import org.jspecify.annotations.Nullable;

/** Curve25519 key exchange (RFC 8031) on SunEC, with raw little-endian values. */
final class X25519Exchange implements KeyExchange {
  private static final int LENGTH = 32;
  private static final BigInteger BASE_POINT = BigInteger.valueOf(9);

  private final SecretBytes privateValue;
  private final byte[] publicValue;

  X25519Exchange(RandomSource random) {
    this.privateValue = SecretBytes.adopt(random.bytes(LENGTH));
    // RFC 7748 §6.1: the public value is X25519(private, 9).
    this.publicValue = agree(BASE_POINT);
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
    if (peerValue.length != LENGTH) {
      return Optional.empty();
    }
    byte[] bigEndian = reversed(peerValue);
    bigEndian[0] &= 0x7f; // RFC 7748 §5: the top bit of u is ignored
    byte @Nullable [] shared = tryAgree(new BigInteger(1, bigEndian));
    if (shared == null || isZero(shared)) {
      return Optional.empty();
    }
    return Optional.of(SecretBytes.adopt(shared));
  }

  @Override
  public void destroy() {
    privateValue.destroy();
  }

  private byte[] agree(BigInteger u) {
    byte @Nullable [] result = tryAgree(u);
    if (result == null) {
      throw new IllegalStateException("SunEC refused the base point of Curve25519");
    }
    return result;
  }

  /** X25519(private, u), or null for a point of small order. */
  private byte @Nullable [] tryAgree(BigInteger u) {
    try {
      KeyFactory keys = KeyFactory.getInstance("X25519");
      PrivateKey ours =
          keys.generatePrivate(
              privateValue.use(b -> new XECPrivateKeySpec(NamedParameterSpec.X25519, b)));
      PublicKey theirs = keys.generatePublic(new XECPublicKeySpec(NamedParameterSpec.X25519, u));
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(ours);
      try {
        agreement.doPhase(theirs, true);
      } catch (InvalidKeyException smallOrder) {
        return null;
      }
      return agreement.generateSecret();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no X25519", e);
    }
  }

  private static byte[] reversed(byte[] value) {
    byte[] result = new byte[value.length];
    for (int i = 0; i < value.length; i++) {
      result[i] = value[value.length - 1 - i];
    }
    return result;
  }

  private static boolean isZero(byte[] value) {
    int or = 0;
    for (byte b : value) {
      or |= b;
    }
    return or == 0;
  }
}
