package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;

/**
 * Quick crash detection tokens (RFC 6290 §5.1): after a restart they can be made again from a
 * secret that survived, and prove that the SA of these SPIs is gone.
 */
public final class QcdToken {
  private QcdToken() {}

  /**
   * prf(QCD_SECRET, SPIi | SPIr), which is at least the 16 octets that §4.1 asks for.
   *
   * @param secret of the end that makes the token, never of a pair
   */
  public static Bytes of(Prf prf, SecretBytes secret, long spiI, long spiR) {
    SecretBytes token = prf.apply(secret, new ByteWriter().u64(spiI).u64(spiR).toArray());
    Bytes octets = token.use(Bytes::copyOf);
    token.destroy();
    return octets;
  }
}
