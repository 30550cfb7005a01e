package io.podseal.e2e.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a run found, as the table of {@code e2e/INTEROP.md}. */
final class Report {
  private final List<Outcome> outcomes = new ArrayList<>();

  /**
   * What one row came to.
   *
   * @param found what was proven, or why the row failed or was not run
   */
  record Outcome(Case row, Result result, String found, double seconds) {}

  /** How a row ended. */
  enum Result {
    OK("ok"),
    FAILED("FAILED"),
    UNSUPPORTED("not possible");

    private final String title;

    Result(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  void add(Outcome outcome) {
    outcomes.add(outcome);
  }

  long count(Result result) {
    return outcomes.stream().filter(o -> o.result() == result).count();
  }

  /** Returns the whole page. */
  String page() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Interoperability with strongSwan

        Written by `./dev interop`: our sidecar as it runs in a pod, against strongSwan of three Debian suites.
        `kernel-netlink` runs in a user-mode Linux guest with the kernel's own ESP, `kernel-libipsec` in a network
        namespace. Unless a row says otherwise, ping, curl and iperf3 crossed in both directions, and a sniffer between
        both ends saw nothing of theirs in clear.

        """);
    page.append("Peers: ");
    page.append(
        String.join(
            ", ",
            java.util.Arrays.stream(Edition.values())
                .map(e -> "strongSwan " + e.version() + " (" + e.suite() + ")")
                .toList()));
    page.append("; guest: user-mode Linux ");
    page.append(Toolbox.version(Toolbox.peers().resolve("kernel"), "user-mode-linux"));
    page.append(".\n\n");
    page.append("| case | strongSwan | its ESP | initiator | result | what was proven | s |\n");
    page.append("|---|---|---|---|---|---|---|\n");
    for (Outcome o : outcomes) {
      page.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %s | %s | %s | %s | %.1f |\n",
              o.row().feature(),
              o.row().edition().release(),
              o.row().plane().title(),
              o.row().initiator().title(),
              o.result().title(),
              o.found().replace("|", "\\|").replace('\n', ' '),
              o.seconds()));
    }
    return page.toString();
  }

  void write(Path file) {
    try {
      Files.writeString(file, page());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
