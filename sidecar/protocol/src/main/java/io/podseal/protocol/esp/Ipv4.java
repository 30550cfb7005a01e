package io.podseal.protocol.esp;

import io.podseal.protocol.telemetry.DropReason;

/**
 * Reads the header of an IPv4 packet in a byte array (RFC 791 §3.1). Everything but {@link
 * #headerLength} takes a packet that it accepted.
 */
public final class Ipv4 {
  public static final int SHORTEST_HEADER = 20;
  public static final int ICMP = 1;
  public static final int TCP = 6;
  public static final int UDP = 17;

  /** Protocol, and Next Header of ESP in tunnel mode, of a whole IPv4 packet. */
  public static final int IPV4 = 4;

  static final int TOTAL_LENGTH_OFFSET = 2;
  static final int FLAGS_OFFSET = 6;
  static final int TTL_OFFSET = 8;
  static final int PROTOCOL_OFFSET = 9;
  static final int CHECKSUM_OFFSET = 10;
  static final int SOURCE_OFFSET = 12;
  static final int DESTINATION_OFFSET = 16;
  static final int DONT_FRAGMENT = 0x4000;
  private static final int MORE_FRAGMENTS_AND_OFFSET = 0x3fff;
  private static final int FRAGMENT_OFFSET = 0x1fff;

  private Ipv4() {}

  /**
   * Checks that {@code length} octets are exactly one IPv4 packet.
   *
   * @return length of the header with its options, or the {@link DropReason#code} of what is wrong
   */
  public static int headerLength(byte[] b, int offset, int length) {
    if (length < 1) {
      return DropReason.INNER_MALFORMED.code();
    }
    if (b[offset] >>> 4 != 4) {
      return DropReason.INNER_NOT_IPV4.code();
    }
    int header = (b[offset] & 0x0f) * 4;
    if (header < SHORTEST_HEADER
        || header > length
        || BigEndian.getShort(b, offset + TOTAL_LENGTH_OFFSET) != length) {
      return DropReason.INNER_MALFORMED.code();
    }
    return header;
  }

  public static int protocol(byte[] b, int offset) {
    return b[offset + PROTOCOL_OFFSET] & 0xff;
  }

  /** Source address, most significant octet first. */
  public static int source(byte[] b, int offset) {
    return BigEndian.getInt(b, offset + SOURCE_OFFSET);
  }

  /** Destination address, most significant octet first. */
  public static int destination(byte[] b, int offset) {
    return BigEndian.getInt(b, offset + DESTINATION_OFFSET);
  }

  /** Whether the packet is part of a larger datagram. */
  public static boolean isFragment(byte[] b, int offset) {
    return (BigEndian.getShort(b, offset + FLAGS_OFFSET) & MORE_FRAGMENTS_AND_OFFSET) != 0;
  }

  /** Whether the packet is a part of a larger datagram that does not begin it. */
  public static boolean isLaterFragment(byte[] b, int offset) {
    return (BigEndian.getShort(b, offset + FLAGS_OFFSET) & FRAGMENT_OFFSET) != 0;
  }

  public static boolean dontFragment(byte[] b, int offset) {
    return (BigEndian.getShort(b, offset + FLAGS_OFFSET) & DONT_FRAGMENT) != 0;
  }
}
