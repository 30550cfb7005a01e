package io.podseal.protocol.policy;

import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A range of addresses, a range of ports and a protocol (RFC 7296 §3.13.1).
 *
 * <p>Ports are those of the end that the selector speaks of. For ICMP they are type * 256 + code of
 * what that end sends (RFC 4301 §4.4.1.3). 0 to 65535 is ANY, also for packets without ports; 65535
 * to 0 is OPAQUE, only packets whose ports cannot be seen.
 *
 * @param type {@link #IPV4_RANGE} or {@link #IPV6_RANGE}, or a type we do not know and skip
 * @param protocol IP protocol, 0 for any
 */
public record TrafficSelector(
    int type, int protocol, int startPort, int endPort, Bytes startAddress, Bytes endAddress) {
  public static final int IPV4_RANGE = 7;
  public static final int IPV6_RANGE = 8;

  /** Protocol of a selector for every protocol. */
  public static final int ANY_PROTOCOL = 0;

  static final int MAX_PORT = 0xffff;

  /** Every protocol and port of one address. */
  public static TrafficSelector host(InetAddress address) {
    Bytes octets = Bytes.copyOf(address.getAddress());
    int type = octets.length() == 4 ? IPV4_RANGE : IPV6_RANGE;
    return new TrafficSelector(type, ANY_PROTOCOL, 0, MAX_PORT, octets, octets);
  }

  /** Every protocol and port of the addresses whose first {@code prefixLength} bits are given. */
  public static TrafficSelector network(InetAddress address, int prefixLength) {
    byte[] start = address.getAddress();
    byte[] end = start.clone();
    for (int bit = prefixLength; bit < start.length * 8; bit++) {
      int mask = 0x80 >>> bit % 8;
      start[bit / 8] &= (byte) ~mask;
      end[bit / 8] |= (byte) mask;
    }
    int type = start.length == 4 ? IPV4_RANGE : IPV6_RANGE;
    return new TrafficSelector(
        type, ANY_PROTOCOL, 0, MAX_PORT, Bytes.copyOf(start), Bytes.copyOf(end));
  }

  /** Whether it names one address. */
  public boolean isOneAddress() {
    return startAddress.equals(endAddress);
  }

  /** Whether no packet can match: ports the wrong way round, or a type we do not know. */
  public boolean isEmpty() {
    return SelectorBox.of(this).isEmpty();
  }

  /** ANY: every port, and packets without ports. */
  public boolean hasAnyPort() {
    return startPort == 0 && endPort == MAX_PORT;
  }

  /** OPAQUE: packets whose ports cannot be seen, and no others. */
  public boolean hasOpaquePort() {
    return startPort == MAX_PORT && endPort == 0;
  }

  /** The same protocol and ports at one other address. */
  public TrafficSelector at(InetAddress address) {
    TrafficSelector host = host(address);
    return new TrafficSelector(
        host.type(), protocol, startPort, endPort, host.startAddress(), host.endAddress());
  }

  /** Whether it is every protocol and port of exactly this address. */
  public boolean isWholeHost(InetAddress address) {
    return equals(host(address));
  }

  /** Whether it is every protocol and port of one address. */
  public boolean isWholeHost() {
    return protocol == ANY_PROTOCOL && hasAnyPort() && isOneAddress();
  }

  @Override
  public String toString() {
    try {
      String from = InetAddress.getByAddress(startAddress.toArray()).getHostAddress();
      String to = InetAddress.getByAddress(endAddress.toArray()).getHostAddress();
      return (from.equals(to) ? from : from + "-" + to)
          + (protocol == ANY_PROTOCOL ? "" : "/" + protocol)
          + (hasAnyPort() ? "" : hasOpaquePort() ? ":opaque" : ":" + startPort + "-" + endPort);
    } catch (UnknownHostException e) {
      return "selector of type " + type;
    }
  }
}
