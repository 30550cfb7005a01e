package io.podseal.sidecar.engine;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Wall-clock time at start plus elapsed time: steps of the system's clock do not move timers. It
 * never goes back; while the process is stopped it goes on, while the machine is suspended it
 * stands (CLOCK_MONOTONIC), and the protocol is simulated with both.
 */
public final class MonotonicClock implements InstantSource {
  private final Instant start = Instant.now();
  private final long startMillis = start.toEpochMilli();
  private final long startNanos = System.nanoTime();

  /** Makes no object: the packet path asks once a batch. */
  @Override
  public long millis() {
    return startMillis + (System.nanoTime() - startNanos) / 1_000_000;
  }

  @Override
  public Instant instant() {
    return start.plusNanos(System.nanoTime() - startNanos);
  }
}
