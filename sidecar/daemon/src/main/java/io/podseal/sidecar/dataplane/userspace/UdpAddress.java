package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.policy.Endpoint;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** An IPv4 address and UDP port in one long, which threads can pass without a lock. */
final class UdpAddress {
  private UdpAddress() {}

  static long pack(int address, int port) {
    return Integer.toUnsignedLong(address) << 16 | port;
  }

  /**
   * @throws IllegalArgumentException when it is not IPv4
   */
  static long pack(Endpoint endpoint) {
    if (!(endpoint.address() instanceof Inet4Address ipv4)) {
      throw new IllegalArgumentException("only IPv4 is carried, not " + endpoint);
    }
    return pack(toInt(ipv4), endpoint.port());
  }

  static int address(long packed) {
    return (int) (packed >>> 16);
  }

  static int port(long packed) {
    return (int) packed & 0xffff;
  }

  static Endpoint unpack(long packed) {
    int a = address(packed);
    byte[] octets = {(byte) (a >>> 24), (byte) (a >>> 16), (byte) (a >>> 8), (byte) a};
    try {
      return new Endpoint(InetAddress.getByAddress(octets), port(packed));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four octets are an address", e);
    }
  }

  /** Most significant octet first. */
  static int toInt(Inet4Address address) {
    byte[] b = address.getAddress();
    return (b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | (b[3] & 0xff);
  }
}
