package io.podseal.protocol.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.RandomSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The largest and smallest numbers that a random source can give. */
class ExtremeRandomTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @ParameterizedTest
  @ValueSource(ints = {0x00, 0x7f, 0x80, 0xff})
  void cve_2021_41991_noRandomValueOverflows(int octet) {
    RandomSource random = b -> Arrays.fill(b, (byte) octet);
    for (int bound : new int[] {1, 2, 100, Integer.MAX_VALUE}) {
      assertThat(Jitter.below(random, bound)).isBetween(0, bound - 1);
    }
    Duration soft = Duration.ofHours(4);
    assertThat(Jitter.shortened(random, soft)).isPositive().isLessThanOrEqualTo(soft);
    Duration total = Duration.ofSeconds(30);
    RetransmissionSchedule schedule = new RetransmissionSchedule(random, total, NOW);
    Instant now = NOW;
    for (int i = 0; i < 100 && !schedule.isExhausted(now); i++) {
      assertThat(schedule.next()).isAfter(now).isBeforeOrEqualTo(NOW.plus(total));
      now = schedule.next();
      schedule.sent(now);
    }
    assertThat(schedule.isExhausted(now)).isTrue();
  }
}
