package io.podseal.protocol.ike.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Limits;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class KeyExchangeBudgetTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final int X25519 = 31;
  private static final int MODP_2048 = 14;
  private static final int MODP_4096 = 16;

  private final KeyExchangeBudget budget = KeyExchangeBudget.ofStrangers();

  private int done(int method, int asked, Instant now) {
    int done = 0;
    for (int i = 0; i < asked; i++) {
      done += budget.takes(method, now) ? 1 : 0;
    }
    return done;
  }

  @Test
  void aBurstIsDoneThenSoManyPerSecond() {
    assertThat(done(X25519, 5_000, NOW)).isEqualTo(Limits.KEY_EXCHANGE_BURST);
    assertThat(done(X25519, 5_000, NOW.plusSeconds(1))).isEqualTo(Limits.KEY_EXCHANGE_RATE);
    assertThat(done(X25519, 5_000, NOW.plusSeconds(1_000))).isEqualTo(Limits.KEY_EXCHANGE_BURST);
  }

  @Test
  void smallStepsOfTimeEarnAsMuchAsOneLargeOne() {
    done(X25519, 5_000, NOW);
    int done = 0;
    for (int ms = 1; ms <= 1_000; ms++) {
      done += done(X25519, 10, NOW.plusMillis(ms));
    }
    assertThat(done).isEqualTo(Limits.KEY_EXCHANGE_RATE);
  }

  @Test
  void expensiveOnesAreFewAndDoNotUseUpTheCheap() {
    assertThat(done(MODP_2048, 1_000, NOW)).isEqualTo(20);
    assertThat(done(MODP_4096, 1_000, NOW.plusSeconds(1))).isZero();
    assertThat(done(MODP_4096, 1_000, NOW.plusSeconds(2))).isEqualTo(1);
    assertThat(done(X25519, 5_000, NOW)).isEqualTo(Limits.KEY_EXCHANGE_BURST);
  }

  @Test
  void aClockThatStepsBackGivesNothing() {
    done(X25519, 5_000, NOW);
    assertThat(done(X25519, 10, NOW.minus(Duration.ofDays(1)))).isZero();
    assertThat(done(X25519, 10_000, NOW.minus(Duration.ofDays(1)).plusSeconds(1)))
        .isEqualTo(Limits.KEY_EXCHANGE_RATE);
  }
}
