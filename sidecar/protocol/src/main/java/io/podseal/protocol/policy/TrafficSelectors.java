package io.podseal.protocol.policy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The traffic of one child SA, seen from our end: packets between any of {@code local} and any of
 * {@code remote} that are of one protocol (RFC 7296 §2.9). A value with pure set operations.
 */
public record TrafficSelectors(List<TrafficSelector> local, List<TrafficSelector> remote) {
  /** What one TS payload may hold on either side; more is cut off, which only narrows. */
  static final int MAX = 64;

  public TrafficSelectors {
    local = List.copyOf(local);
    remote = List.copyOf(remote);
  }

  /** Everything between two hosts. */
  public static TrafficSelectors hosts(InetAddress local, InetAddress remote) {
    return new TrafficSelectors(
        List.of(TrafficSelector.host(local)), List.of(TrafficSelector.host(remote)));
  }

  /** The same traffic seen from the other end. */
  public TrafficSelectors reversed() {
    return new TrafficSelectors(remote, local);
  }

  /** Whether no packet can match. */
  public boolean isEmpty() {
    return paired().local.isEmpty();
  }

  /**
   * The same traffic without selectors that no packet can match. RFC 7296 §3.13.1: the start port
   * is the smallest; only OPAQUE has them the other way round.
   */
  TrafficSelectors withoutEmpty() {
    return new TrafficSelectors(notEmpty(local), notEmpty(remote));
  }

  private static List<TrafficSelector> notEmpty(List<TrafficSelector> side) {
    return side.stream().filter(s -> !s.isEmpty()).toList();
  }

  /** The traffic of both; our selectors' order is kept. */
  public TrafficSelectors intersection(TrafficSelectors other) {
    return intersection(other, MAX);
  }

  /** The same with more or fewer selectors on either side than a payload may hold. */
  TrafficSelectors intersection(TrafficSelectors other, int limit) {
    return new TrafficSelectors(
            common(local, other.local, limit), common(remote, other.remote, limit))
        .paired();
  }

  /** Whether all traffic of {@code other} is ours too. */
  public boolean contains(TrafficSelectors other) {
    return covers(local, other.local) && covers(remote, other.remote);
  }

  /** The first selector of each side: what the packet needs that triggered the request. */
  Optional<TrafficSelectors> first() {
    if (local.isEmpty() || remote.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new TrafficSelectors(List.of(local.getFirst()), List.of(remote.getFirst())));
  }

  /** Without selectors that match nothing because no selector of the other side goes with them. */
  private TrafficSelectors paired() {
    return new TrafficSelectors(withPartner(local, remote), withPartner(remote, local));
  }

  private static List<TrafficSelector> withPartner(
      List<TrafficSelector> side, List<TrafficSelector> other) {
    return side.stream()
        .filter(s -> !s.isEmpty())
        .filter(s -> other.stream().anyMatch(o -> pair(s, o)))
        .toList();
  }

  private static boolean pair(TrafficSelector a, TrafficSelector b) {
    return a.type() == b.type()
        && !b.isEmpty()
        && (a.protocol() == TrafficSelector.ANY_PROTOCOL
            || b.protocol() == TrafficSelector.ANY_PROTOCOL
            || a.protocol() == b.protocol());
  }

  private static List<TrafficSelector> common(
      List<TrafficSelector> ours, List<TrafficSelector> theirs, int limit) {
    List<SelectorBox> boxes = new ArrayList<>();
    for (SelectorBox our : SelectorBox.all(ours)) {
      for (SelectorBox their : SelectorBox.all(theirs)) {
        Optional<SelectorBox> both = our.intersection(their);
        both.filter(b -> boxes.size() < limit && boxes.stream().noneMatch(b::isWithin))
            .ifPresent(boxes::add);
      }
    }
    return boxes.stream().map(SelectorBox::selector).toList();
  }

  private static boolean covers(List<TrafficSelector> outer, List<TrafficSelector> inner) {
    List<SelectorBox> boxes = SelectorBox.all(outer);
    return SelectorBox.all(inner).stream().allMatch(b -> b.isCoveredBy(boxes));
  }
}
