package io.podseal.e2e.capture;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The parts of an IPv4 or IPv6 packet that classification needs, read from one Ethernet frame.
 *
 * @param identification of IPv4, which all fragments of a datagram share (RFC 791); 0 for IPv6
 * @param fragmentOffset in bytes, 0 for the first or only fragment
 * @param moreFragments set in all fragments but the last
 * @param payload of the IP packet, starting with the transport header in a first fragment; a view
 *     of the frame, big-endian, with position 0
 */
public record IpPacket(
    InetAddress source,
    InetAddress destination,
    int protocol,
    int identification,
    int fragmentOffset,
    boolean moreFragments,
    ByteBuffer payload) {
  static final int ICMP = 1;
  static final int TCP = 6;
  static final int UDP = 17;

  private static final int ETHERNET_HEADER = 14;
  private static final int IPV4 = 0x0800;
  private static final int IPV6 = 0x86dd;
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  /** Reads the packet in {@code frame}; empty for what is not IP or too short to be. */
  public static Optional<IpPacket> in(byte[] frame) {
    if (frame.length < ETHERNET_HEADER) {
      return Optional.empty();
    }
    ByteBuffer packet =
        ByteBuffer.wrap(frame, ETHERNET_HEADER, frame.length - ETHERNET_HEADER).slice();
    return switch (Short.toUnsignedInt(ByteBuffer.wrap(frame).getShort(12))) {
      case IPV4 -> ipv4(packet);
      case IPV6 -> ipv6(packet);
      default -> Optional.empty();
    };
  }

  /** Returns whether this is a whole packet and no fragment of one. */
  public boolean whole() {
    return fragmentOffset == 0 && !moreFragments;
  }

  /** Returns the UDP or TCP source port, or -1 where there is none. */
  public int sourcePort() {
    return port(0);
  }

  /** Returns the UDP or TCP destination port, or -1 where there is none. */
  public int destinationPort() {
    return port(2);
  }

  private int port(int offset) {
    boolean hasPorts = (protocol == UDP || protocol == TCP) && fragmentOffset == 0;
    return hasPorts && payload.limit() >= 4 ? Short.toUnsignedInt(payload.getShort(offset)) : -1;
  }

  /** Reads an IPv4 packet; empty for what is too short to be one. */
  static Optional<IpPacket> ipv4(ByteBuffer packet) {
    if (packet.remaining() < IPV4_HEADER || packet.get(0) >> 4 != 4) {
      return Optional.empty();
    }
    int header = (packet.get(0) & 0xf) * 4;
    if (header < IPV4_HEADER || header > packet.remaining()) {
      return Optional.empty();
    }
    int total = Short.toUnsignedInt(packet.getShort(2));
    int fragment = Short.toUnsignedInt(packet.getShort(6));
    // A super-packet above 64 KB says 0; what follows a shorter packet is Ethernet padding.
    int end = total == 0 ? packet.remaining() : Math.min(total, packet.remaining());
    return Optional.of(
        new IpPacket(
            address(packet, 12, 4),
            address(packet, 16, 4),
            Byte.toUnsignedInt(packet.get(9)),
            Short.toUnsignedInt(packet.getShort(4)),
            (fragment & 0x1fff) * 8,
            (fragment & 0x2000) != 0,
            packet.slice(header, Math.max(header, end) - header)));
  }

  private static Optional<IpPacket> ipv6(ByteBuffer packet) {
    if (packet.remaining() < IPV6_HEADER || (packet.get(0) & 0xf0) != 0x60) {
      return Optional.empty();
    }
    return Optional.of(
        new IpPacket(
            address(packet, 8, 16),
            address(packet, 24, 16),
            Byte.toUnsignedInt(packet.get(6)),
            0,
            0,
            false,
            packet.slice(IPV6_HEADER, packet.limit() - IPV6_HEADER)));
  }

  private static InetAddress address(ByteBuffer packet, int at, int length) {
    byte[] bytes = new byte[length];
    packet.get(at, bytes);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + length + " bytes", e);
    }
  }
}
