package io.podseal.controller.obs;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.controller.TestClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RepeatGuardTest {
  private final TestClock clock = new TestClock(Instant.EPOCH);
  private final RepeatGuard guard = new RepeatGuard(clock, Duration.ofMinutes(1));

  @Test
  void aMessageIsDueOnceInAnInterval() {
    assertThat(guard.due("a")).isTrue();
    clock.advance(Duration.ofSeconds(59));
    assertThat(guard.due("a")).isFalse();
    assertThat(guard.due("b")).isTrue();
    clock.advance(Duration.ofSeconds(1));
    assertThat(guard.due("a")).isTrue();
    assertThat(guard.due("a")).isFalse();
  }

  @Test
  void manyMessagesPushOutOnlyTheOldest() {
    for (int i = 0; i < 256; i++) {
      assertThat(guard.due("m" + i)).isTrue();
    }
    assertThat(guard.due("one too many")).isTrue();

    for (int i = 1; i < 256; i++) {
      assertThat(guard.due("m" + i)).as("m" + i).isFalse();
    }
    assertThat(guard.due("m0")).isTrue();
  }
}
