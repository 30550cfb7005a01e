package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.secret.SecretBytes;
import java.security.GeneralSecurityException;

/** AUTH_HMAC_SHA2_* (RFC 4868 §2.1.1) on {@link javax.crypto.Mac}. Not thread-safe. */
final class HmacIntegrity implements Mac {
  private final IntegrityAlgorithm algorithm;
  private final javax.crypto.Mac mac;
  private boolean destroyed;

  HmacIntegrity(IntegrityAlgorithm algorithm, SecretBytes key) {
    this.algorithm = algorithm;
    String name =
        switch (algorithm) {
          case HMAC_SHA2_256_128 -> "HmacSHA256";
          case HMAC_SHA2_384_192 -> "HmacSHA384";
          case HMAC_SHA2_512_256 -> "HmacSHA512";
        };
    RawKey raw = new RawKey(name, key);
    try {
      this.mac = javax.crypto.Mac.getInstance(name);
      mac.init(raw);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + name, e);
    } finally {
      raw.destroy();
    }
  }

  @Override
  public IntegrityAlgorithm algorithm() {
    return algorithm;
  }

  @Override
  public void update(byte[] in, int offset, int length) {
    if (destroyed) {
      throw new IllegalStateException("integrity key used after it was destroyed");
    }
    mac.update(in, offset, length);
  }

  @Override
  public void finish(byte[] out, int outOffset) {
    if (destroyed) {
      throw new IllegalStateException("integrity key used after it was destroyed");
    }
    System.arraycopy(mac.doFinal(), 0, out, outOffset, algorithm.icvLength());
  }

  @Override
  public void destroy() {
    destroyed = true;
    try {
      mac.init(RawKey.zeros(mac.getAlgorithm(), algorithm.keyLength()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC refused a key of zeros", e);
    }
  }
}
