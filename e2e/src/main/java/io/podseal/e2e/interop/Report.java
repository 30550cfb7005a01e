package io.podseal.e2e.interop;

import io.podseal.e2e.strongswan.Edition;
import io.podseal.e2e.strongswan.Plane;
import io.podseal.e2e.strongswan.Toolbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a run found, as the tables of {@code e2e/INTEROP.md}. */
final class Report {
  /** Stands between two proofs of one row. */
  static final String PROOF_END = "; ";

  private final List<Outcome> outcomes;

  Report(List<Outcome> outcomes) {
    this.outcomes = List.copyOf(outcomes);
  }

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

  long count(Result result) {
    return outcomes.stream().filter(o -> o.result() == result).count();
  }

  /**
   * Returns the whole page.
   *
   * @param guest version of the kernel in the guest
   */
  String page(List<String> peers, String guest) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Interoperability with strongSwan

        Written by `./dev interop`: our sidecar as it runs in a pod, against strongSwan of three Debian suites, each
        with its own libraries. In each cell: whether every expectation of the row held at both ends, and seconds.
        *out*: Podseal begins the IKE SA; *in*: strongSwan does; empty: not part of the run. Wherever an SA is
        made, ping, curl and iperf3 cross in both directions, and a sniffer between both ends sees nothing of theirs in
        clear. What stands behind *out:* or *in:* was proven in these cells alone.

        """);
    page.append("Peers: ").append(String.join(", ", peers)).append(".\n");
    for (Plane plane : Plane.values()) {
      page.append(title(plane, guest));
      table(plane, page);
    }
    remarks(page);
    page.append(
        "\n%d rows of %d: %d ok, %d failed, %d not possible.\n"
            .formatted(
                outcomes.size(),
                Cases.all().size(),
                count(Result.OK),
                count(Result.FAILED),
                count(Result.UNSUPPORTED)));
    return page.toString();
  }

  private static String title(Plane plane, String guest) {
    return switch (plane) {
      case KERNEL_NETLINK ->
          "\n## Transport mode\n\nstrongSwan with kernel-netlink in a user-mode Linux guest ("
              + guest
              + "), ESP of the kernel.\n\n";
      case KERNEL_LIBIPSEC ->
          "\n## Tunnel mode\n\nstrongSwan with kernel-libipsec in a network namespace, ESP of its"
              + " own, without 64-bit sequence numbers.\n\n";
    };
  }

  private void table(Plane plane, StringBuilder page) {
    page.append("| case |");
    for (Edition edition : Edition.values()) {
      for (Case.Initiator initiator : Case.Initiator.values()) {
        page.append(" %s %s |".formatted(edition.suite(), initiator.shortName()));
      }
    }
    page.append(" proven |\n|---|---|---|---|---|---|---|---|\n");
    outcomes.stream()
        .filter(o -> o.row().plane() == plane)
        .map(o -> o.row().feature())
        .distinct()
        .forEach(feature -> line(plane, feature, page));
  }

  private void line(Plane plane, String feature, StringBuilder page) {
    List<Outcome> all =
        outcomes.stream()
            .filter(o -> o.row().plane() == plane && o.row().feature().equals(feature))
            .toList();
    page.append("| ").append(feature).append(" |");
    for (Edition edition : Edition.values()) {
      for (Case.Initiator initiator : Case.Initiator.values()) {
        page.append(' ').append(cell(all, edition, initiator)).append(" |");
      }
    }
    page.append(' ').append(escaped(proven(all))).append(" |\n");
  }

  /** Joins what every cell proved with what only some did, under the names of those. */
  private static String proven(List<Outcome> all) {
    List<Outcome> good = all.stream().filter(o -> o.result() == Result.OK).toList();
    Map<String, List<Outcome>> cells = new LinkedHashMap<>();
    for (Outcome outcome : good) {
      for (String proof : outcome.found().split(PROOF_END, -1)) {
        cells.computeIfAbsent(proof, p -> new ArrayList<>()).add(outcome);
      }
    }
    Map<String, List<String>> proofs = new LinkedHashMap<>();
    // What all proved comes first.
    proofs.put("", new ArrayList<>());
    cells.forEach((proof, those) ->
        proofs.computeIfAbsent(label(those, good), l -> new ArrayList<>()).add(proof));
    return proofs.entrySet().stream()
        .filter(entry -> !entry.getValue().isEmpty())
        .map(entry -> entry.getKey() + String.join(PROOF_END, entry.getValue()))
        .collect(Collectors.joining(PROOF_END));
  }

  /**
   * Names {@code those} of {@code all}: by the role alone where all of that role are among them.
   */
  private static String label(List<Outcome> those, List<Outcome> all) {
    if (those.size() == all.size()) {
      return "";
    }
    List<String> names = new ArrayList<>();
    for (Case.Initiator initiator : Case.Initiator.values()) {
      List<Outcome> some = those.stream().filter(o -> o.row().initiator() == initiator).toList();
      if (!some.isEmpty()
          && some.size() == all.stream().filter(o -> o.row().initiator() == initiator).count()) {
        names.add(initiator.shortName());
      } else {
        some.forEach(o -> names.add(o.row().edition().suite() + " " + initiator.shortName()));
      }
    }
    return "*" + String.join(", ", names) + ":* ";
  }

  private static String cell(List<Outcome> all, Edition edition, Case.Initiator initiator) {
    return all.stream()
        .filter(o -> o.row().edition() == edition && o.row().initiator() == initiator)
        .map(o ->
            o.result() == Result.UNSUPPORTED
                ? o.result().title()
                : String.format(Locale.ROOT, "%s %.0f", o.result().title(), o.seconds()))
        .collect(Collectors.joining());
  }

  private void remarks(StringBuilder page) {
    List<Outcome> remarkable = outcomes.stream().filter(o -> o.result() != Result.OK).toList();
    if (remarkable.isEmpty()) {
      return;
    }
    page.append("\n## What did not hold, and why\n\n");
    remarkable.forEach(
        o -> page.append("- %s: %s\n".formatted(o.row().name(), escaped(o.found()))));
  }

  private static String escaped(String text) {
    return text.replace("|", "\\|").replace('\n', ' ');
  }

  void write(Path file) {
    List<String> peers =
        Arrays.stream(Edition.values())
            .map(e -> "strongSwan " + e.version() + " (" + e.suite() + ")")
            .toList();
    String guest = Toolbox.version(Toolbox.peers().resolve("kernel"), "user-mode-linux");
    try {
      Files.writeString(file, page(peers, guest));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
