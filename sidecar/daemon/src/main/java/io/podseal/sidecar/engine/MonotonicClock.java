package io.podseal.sidecar.engine;

import java.time.Instant;
import java.time.InstantSource;

/** Wall-clock time at start plus elapsed time: steps of the system's clock do not move timers. */
public final class MonotonicClock implements InstantSource {
  private final Instant start = Instant.now();
  private final long startNanos = System.nanoTime();

  @Override
  public Instant instant() {
    return start.plusNanos(System.nanoTime() - startNanos);
  }
}
