package io.podseal.controller.identity;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bounds what callers of one address can make us ask the API server.
 *
 * <p>Addresses that called longest ago are forgotten first, when there are too many. Safe for use
 * by several threads.
 */
final class SourceLimiter {
  private static final int CAPACITY = 8192;

  private final double perSecond;
  private final int burst;
  private final InstantSource clock;
  private final Map<String, TokenBucket> bySource =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, TokenBucket> eldest) {
          return size() > CAPACITY;
        }
      };

  SourceLimiter(double perSecond, int burst, InstantSource clock) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.clock = clock;
  }

  synchronized boolean allows(String source) {
    var now = clock.instant();
    return bySource
        .computeIfAbsent(source, address -> new TokenBucket(perSecond, burst, now))
        .take(now);
  }
}
