package io.podseal.e2e.race;

import java.time.Duration;

/**
 * What a round of handshakes took.
 *
 * @param cpu of the responder's process
 * @param wall from the first request to the last answer
 */
record Spent(CpuTime cpu, Duration wall, int handshakes) {
  double cpuMicros() {
    return cpu.whole().toNanos() / 1e3 / handshakes;
  }

  double jitMicros() {
    return cpu.jit().toNanos() / 1e3 / handshakes;
  }

  double perSecond() {
    return handshakes * 1e9 / wall.toNanos();
  }
}
