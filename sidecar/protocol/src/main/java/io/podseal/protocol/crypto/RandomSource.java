package io.podseal.protocol.crypto;

/** Randomness handed to the protocol; seeded in tests, a CSPRNG in the daemon. */
@FunctionalInterface
public interface RandomSource {
  /** Fills the whole of {@code target}. */
  void fill(byte[] target);

  default byte[] bytes(int length) {
    byte[] b = new byte[length];
    fill(b);
    return b;
  }
}
