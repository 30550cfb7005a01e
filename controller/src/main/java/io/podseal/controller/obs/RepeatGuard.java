package io.podseal.controller.obs;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * Lets a message through once in a while, so that a lasting problem does not fill the log.
 *
 * <p>Safe for use by several threads.
 */
public final class RepeatGuard {
  private static final int CAPACITY = 256;

  private final InstantSource clock;
  private final Duration interval;
  private final Map<String, Instant> said = new HashMap<>();

  /** The same message at most once in {@code interval}. */
  public RepeatGuard(InstantSource clock, Duration interval) {
    this.clock = clock;
    this.interval = interval;
  }

  /** Whether {@code message} is due. */
  public synchronized boolean due(String message) {
    var now = clock.instant();
    var last = said.get(message);
    if (last != null && now.isBefore(last.plus(interval))) {
      return false;
    }
    if (said.size() >= CAPACITY) {
      said.clear();
    }
    said.put(message, now);
    return true;
  }
}
