package io.podseal.protocol.ike.endpoint;

import java.time.Duration;
import java.time.Instant;

/** So much at once, and so much per second. A clock that steps back gives and takes nothing. */
final class TokenBucket {
  private final int burst;
  private final Duration oneMoreEvery;
  private long left;
  private Instant filledAt = Instant.MAX;

  TokenBucket(int burst, int perSecond) {
    this.burst = burst;
    this.left = burst;
    this.oneMoreEvery = Duration.ofSeconds(1).dividedBy(perSecond);
  }

  boolean takes(int tokens, Instant now) {
    fill(now);
    if (tokens > left) {
      return false;
    }
    left -= tokens;
    return true;
  }

  boolean isBelowHalf(Instant now) {
    fill(now);
    return left < burst / 2;
  }

  private void fill(Instant now) {
    if (now.isBefore(filledAt)) {
      filledAt = now;
      return;
    }
    long earned = Duration.between(filledAt, now).dividedBy(oneMoreEvery);
    left = Math.min(burst, left + earned);
    // The rest of the time counts towards the next one.
    filledAt = filledAt.plus(oneMoreEvery.multipliedBy(earned));
  }
}
