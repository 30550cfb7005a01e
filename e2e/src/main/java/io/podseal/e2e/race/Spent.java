package io.podseal.e2e.race;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a round of handshakes took.
 *
 * @param cpu of the responder's process, user and system, all of its threads
 * @param wall from the first request to the last answer
 */
record Spent(Duration cpu, Duration wall, int handshakes) {
  /** USER_HZ, which Linux fixes for all programs. */
  private static final int TICKS_PER_SECOND = 100;

  /** Where utime and stime are after the name, which may have spaces and ends with ')'. */
  private static final int USER = 11;

  private static final int SYSTEM = 12;

  double cpuMicros() {
    return cpu.toNanos() / 1e3 / handshakes;
  }

  double perSecond() {
    return handshakes * 1e9 / wall.toNanos();
  }

  /** Returns the CPU time that a process has used so far, in steps of 10 ms. */
  static Duration cpuOf(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long ticks = Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM]);
      return Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
