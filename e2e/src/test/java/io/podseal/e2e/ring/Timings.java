package io.podseal.e2e.ring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** What the ring measures: steps that a user waits for, and memory. Thread-safe. */
final class Timings {
  private static final Path FILE = Path.of("target", "ring", "timings.txt");

  private Timings() {}

  /** Runs {@code step}, prints and returns how long it took. */
  static Duration time(String what, Runnable step) {
    long begun = System.nanoTime();
    step.run();
    var took = Duration.ofNanos(System.nanoTime() - begun);
    print(what, took);
    return took;
  }

  /** Waits until {@code reached}, prints and returns how long that is after {@code begun}. */
  static Duration until(String what, long begun, Callable<Boolean> reached) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(reached);
    var took = Duration.ofNanos(System.nanoTime() - begun);
    print(what, took);
    return took;
  }

  static void print(String what, Duration took) {
    print(String.format(Locale.ROOT, "%7.1f s  %s%n", took.toMillis() / 1000.0, what));
  }

  /** Prints how much memory something takes. */
  static void weigh(String what, long octets) {
    print(String.format(Locale.ROOT, "%5d MiB  %s%n", octets >> 20, what));
  }

  private static void print(String line) {
    try {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
