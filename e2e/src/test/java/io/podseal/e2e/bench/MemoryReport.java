package io.podseal.e2e.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** One section of {@code e2e/MEMORY.md}: a table that a measurement fills row by row. */
public final class MemoryReport {
  private static final Path FILE = Path.of("MEMORY.md");
  private static final String HEAD =
      """
      # What the processes weigh

      Written by `./dev bench memory`, which measures and asserts nothing. MiB of `/proc/PID/status`: resident with the
      files that are mapped, of that anonymous, and the most since the start. The requests and limits in
      `helm/values.yaml` follow from this.
      """;

  private final String title;
  private final String intro;
  private final List<String> rows = new ArrayList<>();

  /**
   * Returns how many to measure up to: {@code most}, or the environment's variable where a machine
   * cannot do as many.
   */
  public static int most(String variable, int most) {
    return Integer.parseInt(System.getenv().getOrDefault(variable, Integer.toString(most)));
  }

  /** Begins a section; {@code intro} says what is measured and how. */
  public MemoryReport(String title, String intro) {
    this.title = title;
    this.intro = intro;
  }

  /** Adds a row, and says it to whoever watches. */
  public void row(String state, Footprint is) {
    var row = "| %s | %d | %d | %d |".formatted(state, is.resident(), is.anonymous(), is.peak());
    rows.add(row);
    System.out.println(title + " " + row);
  }

  /** Puts the section in place of the one with its title, or at the end. */
  public void write() {
    try {
      var sections = new ArrayList<String>();
      if (Files.exists(FILE)) {
        sections.addAll(List.of(Files.readString(FILE).split("(?m)^(?=## )")));
        sections.removeFirst();
        sections.removeIf(section -> section.startsWith("## " + title + "\n"));
      }
      sections.add(section());
      Files.writeString(
          FILE,
          HEAD
              + sections.stream()
                  .sorted()
                  .map(section -> "\n" + section.strip() + "\n")
                  .collect(Collectors.joining()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String section() {
    return "## "
        + title
        + "\n\n"
        + intro.strip()
        + " Java "
        + Runtime.version()
        + ", Linux "
        + System.getProperty("os.version")
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " cores.\n\n"
        + "| state | resident | anonymous | peak |\n|---|---|---|---|\n"
        + String.join("\n", rows)
        + "\n";
  }
}
