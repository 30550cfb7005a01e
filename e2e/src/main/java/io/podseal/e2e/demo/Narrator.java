package io.podseal.e2e.demo;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Prints the demo for a person: numbered steps with the time since the start, in colour on a
 * terminal.
 */
final class Narrator {
  private static final String BOLD = "1";
  private static final String GREEN = "32";
  private static final String RED = "31";
  private static final String DIM = "2";

  private final PrintStream out;
  private final boolean colour;
  private final long begun = System.nanoTime();
  private int steps;
  private int failures;

  Narrator(PrintStream out) {
    this.out = out;
    this.colour =
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()
            && System.getenv("NO_COLOR") == null;
  }

  /** Begins a step. */
  void step(String title) {
    out.println();
    out.println(
        paint(BOLD, ++steps + ". " + title)
            + "  "
            + paint(DIM, String.format(Locale.ROOT, "[%.1f s]", seconds(elapsed()))));
  }

  /** Prints one line of a step. */
  void line(String text) {
    out.println("   " + text);
  }

  /** Prints one measured value of a step. */
  void value(String name, Object value) {
    line(String.format(Locale.ROOT, "%-26s %s", name, value));
  }

  /** Prints text as it is, such as a file, indented. */
  void block(String text) {
    text.lines().forEach(line -> out.println("     " + paint(DIM, line)));
  }

  /** Prints what was expected and whether it is so; what is not so makes the demo fail. */
  void check(boolean holds, String expectation, String found) {
    if (!holds) {
      failures++;
    }
    out.println(
        "   "
            + (holds ? paint(GREEN, "ok  ") : paint(RED, "FAIL"))
            + " "
            + expectation
            + (found.isEmpty() ? "" : ": " + found));
  }

  /** Returns how many checks did not hold. */
  int failures() {
    return failures;
  }

  /** Returns the time since the start. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  private String paint(String code, String text) {
    return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
