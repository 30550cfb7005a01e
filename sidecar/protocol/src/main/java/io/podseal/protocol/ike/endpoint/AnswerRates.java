package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.Limits;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** How often a source gets an answer of one kind; remembers a bounded number of sources. */
final class AnswerRates {
  private final int burst;
  private final Duration oneMoreEvery;

  private record Bucket(int tokens, Instant filledAt) {}

  private final Map<InetAddress, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Bucket> eldest) {
          return size() > Limits.ANSWER_SOURCES;
        }
      };

  AnswerRates(int burst, int perSecond) {
    this.burst = burst;
    this.oneMoreEvery = Duration.ofSeconds(1).dividedBy(perSecond);
  }

  boolean mayAnswer(InetAddress source, Instant now) {
    Bucket bucket = buckets.getOrDefault(source, new Bucket(burst, now));
    long earned = Duration.between(bucket.filledAt(), now).dividedBy(oneMoreEvery);
    int tokens = (int) Math.min(burst, bucket.tokens() + Math.max(0, earned));
    Instant filledAt = earned > 0 ? now : bucket.filledAt();
    buckets.put(source, new Bucket(Math.max(0, tokens - 1), filledAt));
    return tokens > 0;
  }
}
