package io.podseal.controller.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.controller.TestClock;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReviewCacheTest {
  private final TestClock clock = new TestClock(Instant.EPOCH);
  private final ReviewCache cache = new ReviewCache(clock);

  /** Whoever invents tokens without end fills no memory, and pushes out the oldest answers. */
  @Test
  void fiveThousandTokensLeaveTheNewest4096() {
    IntStream.range(0, 5_000).forEach(i -> cache.remember("token-" + i, new Review.Refused()));

    assertThat(
            IntStream.range(0, 5_000).filter(i -> cache.find("token-" + i).isPresent()).toArray())
        .containsExactly(IntStream.range(904, 5_000).toArray());
  }

  @Test
  void anAnswerIsForgottenWhenItIsOld() {
    cache.remember("token", new Review.Refused());
    assertThat(cache.find("token")).isPresent();
    clock.advance(ReviewCache.LIFE);
    assertThat(cache.find("token")).isEmpty();
  }
}
