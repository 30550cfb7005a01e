package io.podseal.e2e.capture;

import java.nio.ByteBuffer;
import java.time.Instant;

/** Ethernet frames built byte by byte, for tests of what reads them. */
final class Frames {
  static final byte[] ORDERS = {10, 0, 0, 1};
  static final byte[] POSTGRES = {10, 0, 0, 2};

  private Frames() {}

  static CapturedFrame captured(byte[] bytes) {
    return new CapturedFrame(Instant.ofEpochSecond(1_800_000_000L), bytes, bytes.length, 0);
  }

  static byte[] udp(int sourcePort, int destinationPort, byte[] payload) {
    return ipv4(17, 1, 0, udpDatagram(sourcePort, destinationPort, payload));
  }

  static byte[] udpDatagram(int sourcePort, int destinationPort, byte[] payload) {
    return ByteBuffer.allocate(8 + payload.length)
        .putShort((short) sourcePort)
        .putShort((short) destinationPort)
        .putShort((short) (8 + payload.length))
        .putShort((short) 0)
        .put(payload)
        .array();
  }

  /** Returns a packet from orders to postgres; {@code fragment} is the flags and offset field. */
  static byte[] ipv4(int protocol, int identification, int fragment, byte[] payload) {
    return ByteBuffer.allocate(14 + 20 + payload.length)
        .put(new byte[12])
        .putShort((short) 0x0800)
        .put((byte) 0x45)
        .put((byte) 0)
        .putShort((short) (20 + payload.length))
        .putShort((short) identification)
        .putShort((short) fragment)
        .put((byte) 64)
        .put((byte) protocol)
        .putShort((short) 0)
        .put(ORDERS)
        .put(POSTGRES)
        .put(payload)
        .array();
  }

  /** Returns an ICMP message of {@code type} that quotes the packet in {@code frame}. */
  static byte[] icmp(int type, byte[] frame) {
    byte[] message =
        ByteBuffer.allocate(8 + frame.length - 14)
            .put((byte) type)
            .position(8)
            .put(frame, 14, frame.length - 14)
            .array();
    return ipv4(1, 1, 0, message);
  }

  static byte[] ike(int exchangeType, int flags) {
    return ByteBuffer.allocate(28)
        .putLong(0x1111)
        .putLong(0x2222)
        .put((byte) 41)
        .put((byte) 0x20)
        .put((byte) exchangeType)
        .put((byte) flags)
        .putInt(1)
        .putInt(28)
        .array();
  }

  static byte[] behindMarker(byte[] message) {
    return ByteBuffer.allocate(4 + message.length).putInt(0).put(message).array();
  }

  static byte[] esp(int spi, int sequence, int length) {
    return ByteBuffer.allocate(length).putInt(spi).putInt(sequence).array();
  }
}
