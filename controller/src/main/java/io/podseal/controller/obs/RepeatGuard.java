package io.podseal.controller.obs;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
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

  /** Longest ago first, which goes first when there are too many. */
  private final Map<String, Instant> said =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
          return size() > CAPACITY;
        }
      };

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
    said.remove(message);
    said.put(message, now);
    return true;
  }
}
