package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;

/** prf+ of RFC 7296 §2.13: T1 = prf(K, S | 0x01), Tn = prf(K, T(n-1) | S | n). */
public final class PrfPlus {
  private static final int MAX_BLOCKS = 255;

  private PrfPlus() {}

  /** {@code length} octets of key stream. */
  public static SecretBytes expand(Prf prf, SecretBytes key, byte[] seed, int length) {
    int blockLength = prf.algorithm().length();
    int blocks = (length + blockLength - 1) / blockLength;
    if (blocks > MAX_BLOCKS) {
      throw new IllegalArgumentException("prf+ cannot give " + length + " octets");
    }
    byte[] stream = new byte[length];
    SecretBytes previous = SecretBytes.adopt(new byte[0]);
    for (int n = 1, at = 0; n <= blocks; n++, at += blockLength) {
      byte[] counter = {(byte) n};
      SecretBytes block = previous.use(t -> prf.apply(key, t, seed, counter));
      previous.destroy();
      previous = block;
      int from = at;
      int count = Math.min(blockLength, length - at);
      block.use(t -> {
        System.arraycopy(t, 0, stream, from, count);
        return count;
      });
    }
    previous.destroy();
    return SecretBytes.adopt(stream);
  }
}
