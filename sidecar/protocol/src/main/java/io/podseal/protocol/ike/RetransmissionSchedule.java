package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.RandomSource;
import java.time.Duration;
import java.time.Instant;

/**
 * When a request is sent again and when it is given up (RFC 7296 §2.4): growing pauses with jitter
 * up to a total.
 */
final class RetransmissionSchedule {
  private final RandomSource random;
  private final Instant giveUp;
  private Duration pause = IkeTimers.RETRANSMIT_FIRST;
  private Instant lastSent;
  private Instant next;

  RetransmissionSchedule(RandomSource random, Duration total, Instant now) {
    this.random = random;
    this.giveUp = now.plus(total);
    this.lastSent = now;
    this.next = now.plus(jittered(pause));
  }

  Instant next() {
    return next.isBefore(giveUp) ? next : giveUp;
  }

  boolean isExhausted(Instant now) {
    return !now.isBefore(giveUp);
  }

  Instant lastSent() {
    return lastSent;
  }

  /** Sent in smaller fragments: the pauses begin anew, the end stays (RFC 7383 §2.5.2). */
  void restart(Instant now) {
    pause = IkeTimers.RETRANSMIT_FIRST;
    lastSent = now;
    next = now.plus(jittered(pause));
  }

  void sent(Instant now) {
    lastSent = now;
    Duration grown = pause.multipliedBy(IkeTimers.RETRANSMIT_GROWTH_TENTHS).dividedBy(10);
    pause = grown.compareTo(IkeTimers.RETRANSMIT_CAP) < 0 ? grown : IkeTimers.RETRANSMIT_CAP;
    next = now.plus(jittered(pause));
  }

  private Duration jittered(Duration d) {
    int spread = 2 * IkeTimers.RETRANSMIT_JITTER_PERCENT + 1;
    int percent = 100 - IkeTimers.RETRANSMIT_JITTER_PERCENT + Jitter.below(random, spread);
    return d.multipliedBy(percent).dividedBy(100);
  }
}
