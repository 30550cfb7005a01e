package io.podseal.controller.identity;

import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/**
 * Bounds what callers can make us ask the API server: so many at a time, and so many a second.
 *
 * <p>Safe for use by several threads.
 */
final class AdmissionLimiter {
  private final Semaphore running;
  private final InstantSource clock;
  private final TokenBucket bucket;

  AdmissionLimiter(int concurrent, double perSecond, int burst, InstantSource clock) {
    this.running = new Semaphore(concurrent);
    this.clock = clock;
    this.bucket = new TokenBucket(perSecond, burst, clock.instant());
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
    return bucket.take(clock.instant());
  }
}
