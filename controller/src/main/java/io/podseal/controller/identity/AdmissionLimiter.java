package io.podseal.controller.identity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/**
 * Bounds what callers can make us ask the API server: so many at a time, and so many a second.
 *
 * <p>Safe for use by several threads.
 */
final class AdmissionLimiter {
  private final Semaphore running;
  private final double perSecond;
  private final double burst;
  private final InstantSource clock;
  private double tokens;
  private Instant refilled;

  AdmissionLimiter(int concurrent, double perSecond, int burst, InstantSource clock) {
    this.running = new Semaphore(concurrent);
    this.perSecond = perSecond;
    this.burst = burst;
    this.clock = clock;
    this.tokens = burst;
    this.refilled = clock.instant();
  }

  /** Takes a place if there is one; whoever got true calls {@link #leave}. */
  boolean enter() {
    if (!running.tryAcquire()) {
      return false;
    }
    if (takeToken()) {
      return true;
    }
    running.release();
    return false;
  }

  void leave() {
    running.release();
  }

  private synchronized boolean takeToken() {
    var now = clock.instant();
    var passed = Duration.between(refilled, now);
    if (passed.isPositive()) {
      tokens = Math.min(burst, tokens + passed.toNanos() / 1e9 * perSecond);
      refilled = now;
    }
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
