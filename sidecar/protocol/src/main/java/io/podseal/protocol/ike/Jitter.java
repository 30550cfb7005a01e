package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;

/** Small random numbers that spread timers. */
final class Jitter {
  private Jitter() {}

  /** A number in {@code [0, bound)}. */
  static int below(RandomSource random, int bound) {
    return Integer.remainderUnsigned(Bytes.copyOf(random.bytes(4)).s32(0), bound);
  }

  /** {@code soft}, up to {@link IkeTimers#LIFETIME_JITTER_PERCENT} shorter (RFC 7296 §2.8.1). */
  static Duration shortened(RandomSource random, Duration soft) {
    int permille = below(random, IkeTimers.LIFETIME_JITTER_PERCENT * 10 + 1);
    return soft.minus(soft.multipliedBy(permille).dividedBy(1000));
  }
}
