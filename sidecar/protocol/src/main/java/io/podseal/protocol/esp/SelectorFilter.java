package io.podseal.protocol.esp;

import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.TrafficSelectors;
import java.util.List;

/**
 * Says which inner IPv4 packets belong to a child SA (RFC 4301 §4.4.1.1, §5). Immutable; allocates
 * nothing per packet. Takes packets that {@link Ipv4#headerLength} accepted.
 */
public final class SelectorFilter {
  private static final int NO_PORT = -1;

  /** What any selector of the protocol takes, whatever its ports. */
  private static final int EVERY_PORT = -2;

  private static final int SCTP = 132;
  private static final int DCCP = 33;
  private static final int UDP_LITE = 136;

  /** One selector of IPv4; addresses compare unsigned. */
  private record Entry(
      int protocol, boolean any, boolean opaque, int fromPort, int toPort, int from, int to) {

    static Entry of(TrafficSelector s) {
      return new Entry(
          s.protocol(),
          s.hasAnyPort(),
          s.hasOpaquePort(),
          s.startPort(),
          s.endPort(),
          s.startAddress().s32(0),
          s.endAddress().s32(0));
    }

    boolean matches(int packetProtocol, int address, int port) {
      return (protocol == TrafficSelector.ANY_PROTOCOL || protocol == packetProtocol)
          && Integer.compareUnsigned(from, address) <= 0
          && Integer.compareUnsigned(address, to) <= 0
          && matches(port);
    }

    /** RFC 4301 §4.4.1.1: a packet without ports is none of a selector with a range of them. */
    private boolean matches(int port) {
      return any
          || port == EVERY_PORT
          || (port == NO_PORT ? opaque : fromPort <= port && port <= toPort);
    }
  }

  private final Entry[] local;
  private final Entry[] remote;

  private SelectorFilter(Entry[] local, Entry[] remote) {
    this.local = local;
    this.remote = remote;
  }

  public static SelectorFilter of(TrafficSelectors selectors) {
    return new SelectorFilter(entries(selectors.local()), entries(selectors.remote()));
  }

  private static Entry[] entries(List<TrafficSelector> selectors) {
    return selectors.stream()
        .filter(s -> s.type() == TrafficSelector.IPV4_RANGE && !s.isEmpty())
        .map(Entry::of)
        .toArray(Entry[]::new);
  }

  /** Whether a packet from our end may be sent on the SA. */
  public boolean admitsOutbound(byte[] packet, int offset, int headerLength, int length) {
    return admits(local, remote, packet, offset, headerLength, length);
  }

  /** Whether a packet that arrived on the SA may be let in. */
  public boolean admitsInbound(byte[] packet, int offset, int headerLength, int length) {
    return admits(remote, local, packet, offset, headerLength, length);
  }

  private static boolean admits(
      Entry[] sources,
      Entry[] destinations,
      byte[] packet,
      int offset,
      int headerLength,
      int length) {
    int protocol = Ipv4.protocol(packet, offset);
    int sourcePort = NO_PORT;
    int destinationPort = NO_PORT;
    int payload = offset + headerLength;
    if (!Ipv4.isLaterFragment(packet, offset) && length - headerLength >= 4) {
      if (protocol == Ipv4.ICMP) {
        // RFC 4301 §4.4.1.3: type and code are a selector of the end that sends them.
        sourcePort = BigEndian.getShort(packet, payload);
        destinationPort = EVERY_PORT;
      } else if (hasPorts(protocol)) {
        sourcePort = BigEndian.getShort(packet, payload);
        destinationPort = BigEndian.getShort(packet, payload + 2);
      }
    }
    return matches(sources, protocol, Ipv4.source(packet, offset), sourcePort)
        && matches(destinations, protocol, Ipv4.destination(packet, offset), destinationPort);
  }

  private static boolean matches(Entry[] entries, int protocol, int address, int port) {
    for (Entry entry : entries) {
      if (entry.matches(protocol, address, port)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasPorts(int protocol) {
    return protocol == Ipv4.TCP
        || protocol == Ipv4.UDP
        || protocol == SCTP
        || protocol == DCCP
        || protocol == UDP_LITE;
  }
}
