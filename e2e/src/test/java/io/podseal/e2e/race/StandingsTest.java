package io.podseal.e2e.race;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class StandingsTest {
  /** A round of 100 handshakes. */
  private static Spent spent(int cpuMicros, int wallMillis) {
    Duration cpu = Duration.ofNanos(cpuMicros * 100_000L);
    return new Spent(new CpuTime(cpu, Duration.ZERO), Duration.ofMillis(wallMillis), 100);
  }

  @Test
  void mediansAreComparedAndAMissedGoalIsSaid() {
    Standings standings = new Standings();
    standings.add(Kind.X25519_CHILDLESS, spent(400, 100), spent(600, 200));
    standings.add(Kind.X25519_CHILDLESS, spent(300, 100), spent(600, 200));
    standings.add(Kind.X25519_CHILDLESS, spent(900, 200), spent(500, 100));
    standings.add(Kind.HYBRID_CHILD, spent(800, 100), spent(600, 100));

    assertThat(standings.section("6.1", "sid", 0))
        .contains("rounds of 100 handshakes")
        .contains(
            "| X25519, childless | 400 (300-900) | 600 (500-600) | 0 | 1.50 | 1000 (500-1000) |"
                + " 500 (500-1000) |\n")
        .contains("By the medians it is reached with: hybrid one child.")
        .contains("By the medians it is not reached with: X25519 childless.");
  }
}
