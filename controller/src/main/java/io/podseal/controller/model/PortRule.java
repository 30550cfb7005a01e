package io.podseal.controller.model;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Ports of one IP protocol.
 *
 * @param protocol the IANA protocol number; 0 is every protocol
 * @param port 0 is every port
 * @param endPort last port of a range; 0 is {@code port} alone
 */
public record PortRule(int protocol, int port, int endPort) implements Comparable<PortRule> {
  /** Lets in everything. */
  public static final PortRule EVERYTHING = new PortRule(0, 0, 0);

  private static final Comparator<PortRule> ORDER =
      Comparator.comparingInt(PortRule::protocol)
          .thenComparingInt(PortRule::port)
          .thenComparingInt(PortRule::endPort);

  @Override
  public int compareTo(PortRule other) {
    return ORDER.compare(this, other);
  }

  /** The rules of both, sorted, each once; {@link #EVERYTHING} swallows all others. */
  static List<PortRule> union(List<PortRule> one, List<PortRule> other) {
    if (one.equals(other) || other.isEmpty()) {
      return one;
    }
    return one.isEmpty() ? other : normalise(Stream.concat(one.stream(), other.stream()).toList());
  }

  /** Sorted, each once; {@link #EVERYTHING} swallows all others. */
  static List<PortRule> normalise(List<PortRule> rules) {
    return rules.contains(EVERYTHING)
        ? List.of(EVERYTHING)
        : rules.stream().sorted().distinct().toList();
  }
}
