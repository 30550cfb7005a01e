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

  /** How long not to ask again for what was refused (RFC 7296 §2.25). */
  static Duration pauseAfterRefusal(RandomSource random) {
    int spread = below(random, (int) IkeTimers.TEMPORARY_FAILURE_SPREAD.toMillis());
    return IkeTimers.TEMPORARY_FAILURE_BACKOFF.plusMillis(spread);
  }

  /** {@code soft}, up to {@link IkeTimers#LIFETIME_JITTER_PERCENT} shorter (RFC 7296 §2.8.1). */
  static Duration shortened(RandomSource random, Duration soft) {
    int permille = below(random, IkeTimers.LIFETIME_JITTER_PERCENT * 10 + 1);
    return soft.minus(soft.multipliedBy(permille).dividedBy(1000));
  }
}
