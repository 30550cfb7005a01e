package io.podseal.controller.identity;

import java.time.Duration;
import java.time.Instant;

/** So many a second in the long run, more after a quiet time. Its owner locks it. */
final class TokenBucket {
  private final double perSecond;
  private final double burst;
  private double tokens;
  private Instant refilled;

  TokenBucket(double perSecond, int burst, Instant now) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.refilled = now;
  }

  boolean take(Instant now) {
    var passed = Duration.between(refilled, now);
    if (passed.isPositive()) {
      tokens = Math.min(burst, tokens + passed.toNanos() / 1e9 * perSecond);
    }
    // Also after a step back, until the end of which nothing would be refilled.
    refilled = now;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
