package io.podseal.controller.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers answers of the API server for a few seconds, so that a caller who tries again and again
 * does not reach it each time.
 *
 * <p>Keyed by the SHA-256 of the token, which is not kept. Bounded. Safe for use by several
 * threads.
 */
final class ReviewCache {
  /** The API server itself caches for 10 s; we add little to that. */
  static final Duration LIFE = Duration.ofSeconds(5);

  private static final int CAPACITY = 4096;

  private record Remembered(Review review, Instant until) {}

  private final InstantSource clock;
  private final Map<ByteBuffer, Remembered> reviews =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Remembered> eldest) {
          return size() > CAPACITY;
        }
      };

  ReviewCache(InstantSource clock) {
    this.clock = clock;
  }

  synchronized Optional<Review> find(String token) {
    var key = digest(token);
    var remembered = reviews.get(key);
    if (remembered == null) {
      return Optional.empty();
    }
    if (!remembered.until().isAfter(clock.instant())) {
      reviews.remove(key);
      return Optional.empty();
    }
    return Optional.of(remembered.review());
  }

  synchronized void remember(String token, Review review) {
    reviews.put(digest(token), new Remembered(review, clock.instant().plus(LIFE)));
  }

  synchronized void forget(String token) {
    reviews.remove(digest(token));
  }

  private static ByteBuffer digest(String token) {
    try {
      return ByteBuffer.wrap(
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
