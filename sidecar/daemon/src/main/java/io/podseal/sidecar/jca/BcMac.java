package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.secret.SecretBytes;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/** AUTH_HMAC_SHA2_* (RFC 4868 §2.1.1). Not thread-safe. */
final class BcMac implements Mac {
  private final IntegrityAlgorithm algorithm;
  private final HMac mac;
  private boolean destroyed;

  BcMac(IntegrityAlgorithm algorithm, SecretBytes key) {
    this.algorithm = algorithm;
    this.mac =
        new HMac(
            switch (algorithm) {
              case HMAC_SHA2_256_128 -> new SHA256Digest();
              case HMAC_SHA2_384_192 -> new SHA384Digest();
              case HMAC_SHA2_512_256 -> new SHA512Digest();
            });
    mac.init(key.use(KeyParameter::new));
  }

  @Override
  public IntegrityAlgorithm algorithm() {
    return algorithm;
  }

  @Override
  public void update(byte[] in, int offset, int length) {
    refuseIfDestroyed();
    mac.update(in, offset, length);
  }

  @Override
  public void finish(byte[] out, int outOffset) {
    refuseIfDestroyed();
    byte[] whole = new byte[mac.getMacSize()];
    mac.doFinal(whole, 0);
    System.arraycopy(whole, 0, out, outOffset, algorithm.icvLength());
  }

  @Override
  public void destroy() {
    destroyed = true;
    mac.init(new KeyParameter(new byte[algorithm.keyLength()]));
  }

  private void refuseIfDestroyed() {
    if (destroyed) {
      throw new IllegalStateException("integrity key used after it was destroyed");
    }
  }
}
