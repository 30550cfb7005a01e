package io.podseal.e2e.race;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a process has used of its core.
 *
 * @param whole user and system, of all threads that are or were, in steps of 10 ms
 * @param jit of the threads in which a JVM compiles; none in other programs
 */
record CpuTime(Duration whole, Duration jit) {
  /** USER_HZ, which Linux fixes for all programs. */
  private static final int TICKS_PER_SECOND = 100;

  /** Places after the name, which may have spaces and ends with ')'. */
  private static final int USER = 11;

  private static final int SYSTEM = 12;

  /** Linux cuts names of threads at 15 characters. */
  private static final String COMPILER = "C[12] CompilerThre";

  /** Returns what the process {@code pid} has used so far. */
  static CpuTime of(long pid) {
    Path process = Path.of("/proc/" + pid);
    try {
      String stat = Files.readString(process.resolve("stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long ticks = Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM]);
      return new CpuTime(Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND), jit(process));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Duration jit(Path process) throws IOException {
    long nanos = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(process.resolve("task"))) {
      for (Path thread : threads) {
        if (Files.readString(thread.resolve("comm")).strip().matches(COMPILER)) {
          nanos += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ", -1)[0]);
        }
      }
    }
    return Duration.ofNanos(nanos);
  }

  CpuTime minus(CpuTime earlier) {
    return new CpuTime(whole.minus(earlier.whole), jit.minus(earlier.jit));
  }
}
