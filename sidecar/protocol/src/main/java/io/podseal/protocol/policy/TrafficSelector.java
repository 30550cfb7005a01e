package io.podseal.protocol.policy;

import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A range of addresses, a range of ports and a protocol (RFC 7296 §3.13.1).
 *
 * @param type {@link #IPV4_RANGE} or {@link #IPV6_RANGE}, or a type we do not know and skip
 * @param protocol IP protocol, 0 for any
 */
public record TrafficSelector(
    int type, int protocol, int startPort, int endPort, Bytes startAddress, Bytes endAddress) {
  public static final int IPV4_RANGE = 7;
  public static final int IPV6_RANGE = 8;

  /** Every protocol and port of one address. */
  public static TrafficSelector host(InetAddress address) {
    Bytes octets = Bytes.copyOf(address.getAddress());
    int type = octets.length() == 4 ? IPV4_RANGE : IPV6_RANGE;
    return new TrafficSelector(type, 0, 0, 0xffff, octets, octets);
  }

  /** Whether it is every protocol and port of exactly this address. */
  public boolean isWholeHost(InetAddress address) {
    return equals(host(address));
  }

  /** Whether it is every protocol and port of one address. */
  public boolean isWholeHost() {
    return protocol == 0 && startPort == 0 && endPort == 0xffff && startAddress.equals(endAddress);
  }

  @Override
  public String toString() {
    try {
      String from = InetAddress.getByAddress(startAddress.toArray()).getHostAddress();
      String to = InetAddress.getByAddress(endAddress.toArray()).getHostAddress();
      return (from.equals(to) ? from : from + "-" + to)
          + (protocol == 0 ? "" : "/" + protocol)
          + (startPort == 0 && endPort == 0xffff ? "" : ":" + startPort + "-" + endPort);
    } catch (UnknownHostException e) {
      return "selector of type " + type;
    }
  }
}
