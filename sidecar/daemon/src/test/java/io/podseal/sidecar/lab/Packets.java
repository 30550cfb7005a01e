package io.podseal.sidecar.lab;

import java.net.Inet4Address;
import java.nio.ByteBuffer;

/** Builds IPv4 packets with correct checksums for tests that write or expect them. */
public final class Packets {
  public static final int SYN = 0x02;
  public static final int ACK = 0x10;

  private Packets() {}

  public static byte[] udp(
      Inet4Address from, int fromPort, Inet4Address to, int toPort, byte[] data) {
    ByteBuffer udp = ByteBuffer.allocate(8 + data.length);
    udp.putShort((short) fromPort).putShort((short) toPort);
    udp.putShort((short) (8 + data.length)).putShort((short) 0).put(data);
    return ipv4(from, to, 17, 0x4000, udp.array(), 6);
  }

  /** A segment with {@code options}, a multiple of 4 octets. */
  public static byte[] tcp(
      Inet4Address from, int fromPort, Inet4Address to, int toPort, int flags, byte[] options) {
    ByteBuffer tcp = ByteBuffer.allocate(20 + options.length);
    tcp.putShort((short) fromPort).putShort((short) toPort).putInt(1).putInt(0);
    tcp.put((byte) (((20 + options.length) / 4) << 4)).put((byte) flags).putShort((short) 60_000);
    tcp.putShort((short) 0).putShort((short) 0).put(options);
    return ipv4(from, to, 6, 0x4000, tcp.array(), 16);
  }

  public static byte[] echoRequest(Inet4Address from, Inet4Address to, int dataLength) {
    ByteBuffer icmp = ByteBuffer.allocate(8 + dataLength);
    icmp.putShort((short) 0x0800).putShort((short) 0).putInt(0x00010001);
    icmp.putShort(2, (short) ~sum(icmp.array(), 0, icmp.capacity(), 0));
    return ipv4(from, to, 1, 0, icmp.array(), -1);
  }

  /**
   * A packet around {@code payload}.
   *
   * @param flagsAndOffset the 16 bits with DF and MF
   * @param checksumAt where in the payload its pseudo-header checksum goes, or -1
   */
  public static byte[] ipv4(
      Inet4Address from,
      Inet4Address to,
      int protocol,
      int flagsAndOffset,
      byte[] payload,
      int checksumAt) {
    ByteBuffer packet = ByteBuffer.allocate(20 + payload.length);
    packet.putShort((short) 0x4500).putShort((short) packet.capacity());
    packet.putShort((short) 1).putShort((short) flagsAndOffset);
    packet.put((byte) 64).put((byte) protocol).putShort((short) 0);
    packet.put(from.getAddress()).put(to.getAddress()).put(payload);
    packet.putShort(10, (short) ~sum(packet.array(), 0, 20, 0));
    if (checksumAt >= 0) {
      packet.putShort(20 + checksumAt, (short) ~transportSum(packet.array()));
    }
    return packet.array();
  }

  /** Whether the checksum of the header, and that of TCP or UDP behind it, is right. */
  public static boolean checksumsHold(byte[] packet) {
    boolean header = sum(packet, 0, 20, 0) == 0xffff;
    boolean transport =
        packet[9] == 1
            ? sum(packet, 20, packet.length - 20, 0) == 0xffff
            : transportSum(packet) == 0xffff;
    return header && transport;
  }

  private static int transportSum(byte[] packet) {
    int length = packet.length - 20;
    return sum(packet, 20, length, sum(packet, 12, 8, (packet[9] & 0xff) + length));
  }

  /** One's complement sum (RFC 1071). */
  private static int sum(byte[] b, int offset, int length, int start) {
    int sum = start;
    for (int i = 0; i < length; i++) {
      sum += i % 2 == 0 ? (b[offset + i] & 0xff) << 8 : b[offset + i] & 0xff;
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return sum;
  }
}
