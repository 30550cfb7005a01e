package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;

/** PRF_HMAC_SHA2_* (RFC 4868 §2.1.2) on {@link Mac}. Not thread-safe. */
final class HmacPrf implements Prf {
  private final PrfAlgorithm algorithm;
  private final Mac mac;

  HmacPrf(PrfAlgorithm algorithm) {
    this.algorithm = algorithm;
    String name =
        switch (algorithm) {
          case HMAC_SHA2_256 -> "HmacSHA256";
          case HMAC_SHA2_384 -> "HmacSHA384";
          case HMAC_SHA2_512 -> "HmacSHA512";
        };
    try {
      this.mac = Mac.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no " + name, e);
    }
  }

  @Override
  public PrfAlgorithm algorithm() {
    return algorithm;
  }

  @Override
  public SecretBytes apply(SecretBytes key, byte[]... data) {
    RawKey raw = new RawKey(mac.getAlgorithm(), key);
    try {
      mac.init(raw);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("HMAC takes any key", e);
    } finally {
      raw.destroy();
    }
    for (byte[] part : data) {
      mac.update(part);
    }
    return SecretBytes.adopt(mac.doFinal());
  }
}
