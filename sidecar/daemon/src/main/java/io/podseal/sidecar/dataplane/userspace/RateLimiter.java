package io.podseal.sidecar.dataplane.userspace;

import java.time.Duration;

/**
 * Lets one event per key through in an interval. Fixed size: keys that meet in a slot share its
 * allowance, so that forged sources cannot make it grow. Confined to one thread.
 */
final class RateLimiter {
  private static final int SLOTS = 512;

  private final long[] nextNanos = new long[SLOTS];
  private final boolean[] used = new boolean[SLOTS];
  private final long intervalNanos;

  RateLimiter(Duration interval) {
    this.intervalNanos = interval.toNanos();
  }

  boolean allows(int key, long nowNanos) {
    int hash = key * 0x9e3779b9;
    int slot = (hash ^ hash >>> 16) & (SLOTS - 1);
    if (used[slot] && nowNanos - nextNanos[slot] < 0) {
      return false;
    }
    used[slot] = true;
    nextNanos[slot] = nowNanos + intervalNanos;
    return true;
  }
}
