package io.podseal.protocol.crypto;

import java.util.Arrays;

/** Randomness that was written down before: gives these octets once, in order, and then fails. */
public final class ScriptedRandom implements RandomSource {
  private final byte[] octets;
  private int at;

  public ScriptedRandom(byte[] octets) {
    this.octets = octets;
  }

  /** Octets that count up from {@code first}. */
  public static RandomSource counting(int first) {
    int[] next = {first};
    return target -> {
      for (int i = 0; i < target.length; i++) {
        target[i] = (byte) next[0]++;
      }
    };
  }

  @Override
  public void fill(byte[] target) {
    if (target.length > octets.length - at) {
      throw new IllegalStateException(
          target.length + " octets asked for where " + (octets.length - at) + " are left");
    }
    System.arraycopy(octets, at, target, 0, target.length);
    at += target.length;
  }

  /** A private key of {@code length} octets from one that was written shorter or with a sign. */
  public static ScriptedRandom number(byte[] octets, int length) {
    byte[] padded = new byte[length];
    int count = Math.min(octets.length, length);
    System.arraycopy(octets, octets.length - count, padded, length - count, count);
    if (!Arrays.equals(
        octets, 0, octets.length - count, new byte[octets.length], 0, octets.length - count)) {
      throw new IllegalArgumentException("a number of more than " + length + " octets");
    }
    return new ScriptedRandom(padded);
  }
}
