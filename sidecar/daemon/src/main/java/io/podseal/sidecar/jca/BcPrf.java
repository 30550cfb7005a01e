package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/** PRF_HMAC_SHA2_* (RFC 4868 §2.1.2). Not thread-safe. */
final class BcPrf implements Prf {
  private final PrfAlgorithm algorithm;
  private final HMac mac;

  BcPrf(PrfAlgorithm algorithm) {
    this.algorithm = algorithm;
    this.mac =
        new HMac(
            switch (algorithm) {
              case HMAC_SHA2_256 -> new SHA256Digest();
              case HMAC_SHA2_384 -> new SHA384Digest();
              case HMAC_SHA2_512 -> new SHA512Digest();
            });
  }

  @Override
  public PrfAlgorithm algorithm() {
    return algorithm;
  }

  @Override
  public SecretBytes apply(SecretBytes key, byte[]... data) {
    mac.init(key.use(KeyParameter::new));
    for (byte[] part : data) {
      mac.update(part, 0, part.length);
    }
    byte[] output = new byte[mac.getMacSize()];
    mac.doFinal(output, 0);
    return SecretBytes.adopt(output);
  }
}
