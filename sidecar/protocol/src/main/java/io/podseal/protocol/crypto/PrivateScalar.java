package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;

/**
 * Draws private keys from a {@link RandomSource} in one way for all providers, so that the same
 * octets give the same key whoever computes with it.
 */
public final class PrivateScalar {
  /** Each draw succeeds with a chance of about a half at worst; more failures are no accident. */
  private static final int MAX_DRAWS = 128;

  private PrivateScalar() {}

  /**
   * A number of {@code [1, bound)}, big-endian in as many octets as {@code bound} has, by testing
   * candidates (FIPS 186-5 A.2.2).
   *
   * @throws IllegalStateException when the source repeats itself
   */
  public static SecretBytes below(BigInteger bound, RandomSource random) {
    int length = (bound.bitLength() + 7) / 8;
    int spareBits = length * 8 - bound.bitLength();
    for (int draw = 0; draw < MAX_DRAWS; draw++) {
      byte[] candidate = random.bytes(length);
      candidate[0] &= (byte) (0xff >>> spareBits);
      BigInteger value = new BigInteger(1, candidate);
      if (value.signum() > 0 && value.compareTo(bound) < 0) {
        return SecretBytes.adopt(candidate);
      }
    }
    throw new IllegalStateException("the source of randomness gives no usable private key");
  }
}
