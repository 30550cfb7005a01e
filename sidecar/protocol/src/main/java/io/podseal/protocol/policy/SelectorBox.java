package io.podseal.protocol.policy;

import io.podseal.protocol.wire.Bytes;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A traffic selector as a box: a range of protocols, one of ports and one of addresses, so that
 * intersection and difference are those of ranges.
 *
 * @param fromPort {@link #OPAQUE}, which lies below port 0, in a selector that takes packets whose
 *     ports cannot be seen
 */
record SelectorBox(
    int type,
    int fromProtocol,
    int toProtocol,
    int fromPort,
    int toPort,
    BigInteger fromAddress,
    BigInteger toAddress) {
  private static final int OPAQUE = -1;
  private static final int MAX_PROTOCOL = 0xff;

  /** A cover in more pieces is taken for none: that refuses, and bounds the work. */
  private static final int MAX_PIECES = 256;

  /** Empty when no packet can match: ports the wrong way round, or a type we do not know. */
  static Optional<SelectorBox> of(TrafficSelector s) {
    boolean any = s.protocol() == TrafficSelector.ANY_PROTOCOL;
    // RFC 4301 §4.4.1.1: ANY includes OPAQUE.
    int fromPort = s.hasAnyPort() || s.hasOpaquePort() ? OPAQUE : s.startPort();
    int toPort = s.hasOpaquePort() ? OPAQUE : s.endPort();
    SelectorBox box =
        new SelectorBox(
            s.type(),
            any ? 0 : s.protocol(),
            any ? MAX_PROTOCOL : s.protocol(),
            fromPort,
            toPort,
            new BigInteger(1, s.startAddress().toArray()),
            new BigInteger(1, s.endAddress().toArray()));
    boolean known =
        s.type() == TrafficSelector.IPV4_RANGE || s.type() == TrafficSelector.IPV6_RANGE;
    return known && !box.isEmpty() ? Optional.of(box) : Optional.empty();
  }

  static List<SelectorBox> all(List<TrafficSelector> selectors) {
    return selectors.stream().flatMap(s -> of(s).stream()).toList();
  }

  Optional<SelectorBox> intersection(SelectorBox other) {
    if (type != other.type) {
      return Optional.empty();
    }
    SelectorBox both =
        new SelectorBox(
            type,
            Math.max(fromProtocol, other.fromProtocol),
            Math.min(toProtocol, other.toProtocol),
            Math.max(fromPort, other.fromPort),
            Math.min(toPort, other.toPort),
            fromAddress.max(other.fromAddress),
            toAddress.min(other.toAddress));
    return both.isEmpty() ? Optional.empty() : Optional.of(both);
  }

  /** Whether every packet of this box is in one of {@code boxes}. */
  boolean isCoveredBy(List<SelectorBox> boxes) {
    List<SelectorBox> left = List.of(this);
    for (SelectorBox box : boxes) {
      List<SelectorBox> uncovered = new ArrayList<>();
      left.forEach(l -> uncovered.addAll(l.without(box)));
      if (uncovered.size() > MAX_PIECES) {
        return false;
      }
      left = uncovered;
    }
    return left.isEmpty();
  }

  /** Whether this box lies in {@code other}. */
  boolean isWithin(SelectorBox other) {
    return intersection(other).filter(this::equals).isPresent();
  }

  TrafficSelector selector() {
    boolean anyProtocol = fromProtocol != toProtocol;
    boolean opaque = toPort == OPAQUE;
    int length = type == TrafficSelector.IPV4_RANGE ? 4 : 16;
    return new TrafficSelector(
        type,
        anyProtocol ? TrafficSelector.ANY_PROTOCOL : fromProtocol,
        opaque ? TrafficSelector.MAX_PORT : Math.max(0, fromPort),
        opaque ? 0 : toPort,
        octets(fromAddress, length),
        octets(toAddress, length));
  }

  private boolean isEmpty() {
    return fromProtocol > toProtocol || fromPort > toPort || fromAddress.compareTo(toAddress) > 0;
  }

  /** What remains when {@code other} is cut out: at most two boxes in each dimension. */
  private List<SelectorBox> without(SelectorBox other) {
    Optional<SelectorBox> common = intersection(other);
    if (common.isEmpty()) {
      return List.of(this);
    }
    SelectorBox c = common.get();
    List<SelectorBox> pieces = new ArrayList<>();
    pieces.add(protocols(fromProtocol, c.fromProtocol - 1));
    pieces.add(protocols(c.toProtocol + 1, toProtocol));
    SelectorBox slice = protocols(c.fromProtocol, c.toProtocol);
    pieces.add(slice.ports(fromPort, c.fromPort - 1));
    pieces.add(slice.ports(c.toPort + 1, toPort));
    SelectorBox rod = slice.ports(c.fromPort, c.toPort);
    pieces.add(rod.addresses(fromAddress, c.fromAddress.subtract(BigInteger.ONE)));
    pieces.add(rod.addresses(c.toAddress.add(BigInteger.ONE), toAddress));
    return pieces.stream().filter(p -> !p.isEmpty()).toList();
  }

  private SelectorBox protocols(int from, int to) {
    return new SelectorBox(type, from, to, fromPort, toPort, fromAddress, toAddress);
  }

  private SelectorBox ports(int from, int to) {
    return new SelectorBox(type, fromProtocol, toProtocol, from, to, fromAddress, toAddress);
  }

  private SelectorBox addresses(BigInteger from, BigInteger to) {
    return new SelectorBox(type, fromProtocol, toProtocol, fromPort, toPort, from, to);
  }

  private static Bytes octets(BigInteger address, int length) {
    byte[] octets = new byte[length];
    BigInteger rest = address;
    for (int i = length - 1; i >= 0; i--) {
      octets[i] = rest.byteValue();
      rest = rest.shiftRight(8);
    }
    return Bytes.copyOf(octets);
  }
}
