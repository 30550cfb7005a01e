package io.podseal.sidecar.dataplane.userspace;

import java.security.SecureRandom;
import java.time.Duration;

/**
 * Lets one event per key through in an interval. Fixed size: keys that meet in a slot share its
 * allowance, so that forged sources cannot make it grow. Which keys meet is secret, so that nobody
 * can choose a source that silences another. Confined to one thread.
 */
final class RateLimiter {
  private static final int SLOT_BITS = 9;
  private static final int SLOTS = 1 << SLOT_BITS;

  private final long[] nextNanos = new long[SLOTS];
  private final boolean[] used = new boolean[SLOTS];
  private final long intervalNanos;
  private final long factor;
  private final long summand;

  RateLimiter(Duration interval) {
    this.intervalNanos = interval.toNanos();
    SecureRandom random = new SecureRandom();
    this.factor = random.nextLong();
    this.summand = random.nextLong();
  }

  boolean allows(int key, long nowNanos) {
    // Multiply-shift hashing: two keys meet under one in SLOTS of all factors and summands.
    long hash = factor * Integer.toUnsignedLong(key) + summand;
    int slot = (int) (hash >>> (Long.SIZE - SLOT_BITS));
    if (used[slot] && nowNanos - nextNanos[slot] < 0) {
      return false;
    }
    used[slot] = true;
    nextNanos[slot] = nowNanos + intervalNanos;
    return true;
  }
}
