package io.podseal.e2e.capture;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Tells sealed packets from clear ones.
 *
 * <p>Clear is any IP packet that is not UDP with port 500 or 4500, nor an error that quotes one.
 * Later fragments carry no ports and are judged by the first fragment with the same addresses,
 * protocol and identification (RFC 791); one whose first fragment was not seen before it is clear.
 * Confined to one thread.
 */
public final class Classifier {
  private static final int IKE_PORT = 500;
  private static final int NAT_T_PORT = 4500;
  private static final int UDP_HEADER = 8;
  private static final int ICMP_HEADER = 8;

  /** Destination unreachable, time exceeded, parameter problem. */
  private static final Set<Integer> ICMP_ERRORS = Set.of(3, 11, 12);

  private static final int REMEMBERED_DATAGRAMS = 4096;

  private record Datagram(
      InetAddress source, InetAddress destination, int protocol, int identification) {}

  private final Map<Datagram, Boolean> sealedFirsts =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Datagram, Boolean> eldest) {
          return size() > REMEMBERED_DATAGRAMS;
        }
      };

  /** Returns what {@code packet} is, and remembers first fragments. */
  public WireKind classify(IpPacket packet) {
    Datagram datagram =
        new Datagram(
            packet.source(), packet.destination(), packet.protocol(), packet.identification());
    if (packet.fragmentOffset() > 0) {
      return sealedFirsts.getOrDefault(datagram, false) ? WireKind.SEALED_FRAGMENT : WireKind.CLEAR;
    }
    WireKind kind = first(packet);
    if (packet.moreFragments()) {
      sealedFirsts.put(datagram, kind != WireKind.CLEAR);
    }
    return kind;
  }

  /** Returns the payload of the UDP datagram in a packet that is not a later fragment. */
  public static ByteBuffer udpPayload(IpPacket packet) {
    return from(packet.payload(), UDP_HEADER);
  }

  /**
   * Returns the IKE message in a packet of kind {@link WireKind#IKE}, without the non-ESP marker.
   */
  public static ByteBuffer ikeMessage(IpPacket packet) {
    ByteBuffer payload = udpPayload(packet);
    return onPort(packet, NAT_T_PORT) && startsWithMarker(payload) ? from(payload, 4) : payload;
  }

  private static WireKind first(IpPacket packet) {
    if (packet.protocol() == IpPacket.ICMP) {
      return quotesSealed(packet.payload()) ? WireKind.SEALED_QUOTE : WireKind.CLEAR;
    }
    if (packet.protocol() != IpPacket.UDP) {
      return WireKind.CLEAR;
    }
    boolean natT = onPort(packet, NAT_T_PORT);
    if (!natT && !onPort(packet, IKE_PORT)) {
      return WireKind.CLEAR;
    }
    ByteBuffer payload = udpPayload(packet);
    if (natT && payload.limit() == 1 && payload.get(0) == (byte) 0xff) {
      return WireKind.KEEPALIVE;
    }
    if (natT && payload.limit() >= UDP_HEADER && !startsWithMarker(payload)) {
      return WireKind.ESP;
    }
    return IkeHeader.in(ikeMessage(packet)).isPresent() ? WireKind.IKE : WireKind.UNKNOWN_SEALED;
  }

  /** RFC 792: an error quotes the IP header and at least 8 octets, which are the UDP header. */
  private static boolean quotesSealed(ByteBuffer icmp) {
    if (icmp.limit() <= ICMP_HEADER || !ICMP_ERRORS.contains((int) icmp.get(0))) {
      return false;
    }
    return IpPacket.ipv4(from(icmp, ICMP_HEADER))
        .filter(quoted -> quoted.fragmentOffset() == 0 && first(quoted) != WireKind.CLEAR)
        .isPresent();
  }

  private static boolean onPort(IpPacket packet, int port) {
    return packet.sourcePort() == port || packet.destinationPort() == port;
  }

  private static boolean startsWithMarker(ByteBuffer payload) {
    return payload.limit() >= 4 && payload.getInt(0) == 0;
  }

  private static ByteBuffer from(ByteBuffer buffer, int index) {
    int start = Math.min(index, buffer.limit());
    return buffer.slice(start, buffer.limit() - start);
  }
}
