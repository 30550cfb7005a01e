package io.podseal.e2e.race;

import io.podseal.protocol.ike.Limits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The rounds of both responders and what they come to, as a section of a report. */
final class Standings {
  static final String TITLE = "Beside strongSwan";

  private final Map<Kind, Rounds> rounds = new EnumMap<>(Kind.class);

  /** The rounds of one kind. */
  private record Rounds(List<Spent> charon, List<Spent> podseal) {
    double ratio() {
      return median(podseal, Spent::cpuMicros) / median(charon, Spent::cpuMicros);
    }
  }

  /** Adds one round of each. */
  void add(Kind kind, Spent charon, Spent podseal) {
    Rounds of = rounds.computeIfAbsent(kind, k -> new Rounds(new ArrayList<>(), new ArrayList<>()));
    of.charon().add(charon);
    of.podseal().add(podseal);
  }

  /**
   * Returns the text of the section.
   *
   * @param version of strongSwan
   * @param before handshakes of ours that did not count
   */
  String section(String version, String suite, int before) {
    List<Spent> any = rounds.values().iterator().next().charon();
    StringBuilder text = new StringBuilder();
    text.append(
        """
        Our endpoint and charon (strongSwan %s of Debian %s) as responders, each a process in a network namespace.
        The same initiators of ours drive both over UDP, %d at a time, from another core. Medians of %d interleaved
        rounds of %d handshakes, with the least and the most. us: CPU time per handshake of the responder's whole
        process, user and system, which Linux counts in steps of 10 ms a round; JIT: how much of it the JVM's compilers
        took. /s: handshakes per second by the clock, which the initiators bound as well, so that responders compare by
        CPU time. A ratio above 1.00 means that ours takes longer.

        charon is a new process in each round, with its default threads; ours is one process with the sidecar's JVM
        options, which did %d handshakes before, as one that has run for a while. Neither logs, neither asks for
        cookies; a round stays within what our endpoint lets strangers begin at once (%d, then %d per second). A child
        is in tunnel mode and carries nothing: each end makes its two ESP SAs, charon in kernel-libipsec and ours in its
        data plane's classes, and neither adds policies or routes. Every handshake was established at the initiator, and
        its SAs were held by the responder.

        | handshake | charon, us | Podseal, us | JIT | Podseal / charon | charon, /s | Podseal, /s |
        |---|---|---|---|---|---|---|
        """
            .formatted(
                version,
                suite,
                Spokes.IN_FLIGHT,
                any.size(),
                any.getFirst().handshakes(),
                before,
                Limits.KEY_EXCHANGE_BURST,
                Limits.KEY_EXCHANGE_RATE));
    rounds.forEach((kind, of) ->
        text.append(
            String.format(
                Locale.ROOT,
                "| %s | %s | %s | %.0f | %.2f | %s | %s |\n",
                kind.title(),
                cell(of.charon(), Spent::cpuMicros),
                cell(of.podseal(), Spent::cpuMicros),
                median(of.podseal(), Spent::jitMicros),
                of.ratio(),
                cell(of.charon(), Spent::perSecond),
                cell(of.podseal(), Spent::perSecond))));
    text.append("\nThe goal is at least charon's rate on a core.")
        .append(sentence("By the medians it is reached with", of -> of.ratio() <= 1))
        .append(sentence("By the medians it is not reached with", of -> of.ratio() > 1))
        .append('\n');
    return text.toString();
  }

  private String sentence(String begin, Predicate<Rounds> those) {
    String kinds =
        rounds.entrySet().stream()
            .filter(e -> those.test(e.getValue()))
            .map(e -> e.getKey().title().replace(",", ""))
            .collect(Collectors.joining(", "));
    return kinds.isEmpty() ? "" : " " + begin + ": " + kinds + ".";
  }

  private static String cell(List<Spent> all, ToDoubleFunction<Spent> of) {
    double[] sorted = sorted(all, of);
    return String.format(
        Locale.ROOT, "%.0f (%.0f-%.0f)", median(all, of), sorted[0], sorted[sorted.length - 1]);
  }

  private static double median(List<Spent> all, ToDoubleFunction<Spent> of) {
    double[] sorted = sorted(all, of);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private static double[] sorted(List<Spent> all, ToDoubleFunction<Spent> of) {
    double[] values = all.stream().mapToDouble(of).toArray();
    Arrays.sort(values);
    return values;
  }
}
