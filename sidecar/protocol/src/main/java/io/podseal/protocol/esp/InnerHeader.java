package io.podseal.protocol.esp;

import java.net.Inet4Address;

/**
 * Writes the IPv4 header in front of an opened payload, with the pod addresses bound to the peer's
 * identity; what the outer packet claimed plays no part. Immutable.
 *
 * <p>The datagram is whole and goes no further, so DF is set and the identification is 0 (RFC 6864
 * §4.1).
 */
public final class InnerHeader {
  public static final int LENGTH = Ipv4.SHORTEST_HEADER;
  private static final int VERSION_AND_LENGTH = 0x45;
  private static final int TTL = 64;

  private final int source;
  private final int destination;
  private final int constantSum;

  public InnerHeader(Inet4Address source, Inet4Address destination) {
    this(BigEndian.getInt(source.getAddress(), 0), BigEndian.getInt(destination.getAddress(), 0));
  }

  /** From addresses with the most significant octet first. */
  public InnerHeader(int source, int destination) {
    this.source = source;
    this.destination = destination;
    this.constantSum =
        (VERSION_AND_LENGTH << 8)
            + Ipv4.DONT_FRAGMENT
            + (TTL << 8)
            + halves(this.source)
            + halves(this.destination);
  }

  /** Writes {@link #LENGTH} octets at {@code offset}, for a payload that follows them. */
  public void write(byte[] b, int offset, int protocol, int payloadLength) {
    int totalLength = LENGTH + payloadLength;
    BigEndian.putInt(b, offset, VERSION_AND_LENGTH << 24 | totalLength);
    BigEndian.putInt(b, offset + 4, Ipv4.DONT_FRAGMENT);
    b[offset + Ipv4.TTL_OFFSET] = TTL;
    b[offset + Ipv4.PROTOCOL_OFFSET] = (byte) protocol;
    int sum = constantSum + totalLength + protocol;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum += sum >>> 16;
    BigEndian.putShort(b, offset + Ipv4.CHECKSUM_OFFSET, ~sum);
    BigEndian.putInt(b, offset + Ipv4.SOURCE_OFFSET, source);
    BigEndian.putInt(b, offset + Ipv4.DESTINATION_OFFSET, destination);
  }

  private static int halves(int address) {
    return (address >>> 16) + (address & 0xffff);
  }
}
