package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.Esp;

/**
 * Cuts a TCP packet of up to 64 KB, which the kernel left whole, into segments of the connection's
 * MSS, as a network card would (RFC 9293 §3.1). In place and confined to podseal-tx.
 */
final class TcpSegments {
  /** Seals one segment: header and data stand behind each other in the packet's array. */
  @FunctionalInterface
  interface Target {
    void seal(byte[] b, int offset, int length);
  }

  private static final int SEQUENCE_OFFSET = 4;
  private static final int HEADER_LENGTH_OFFSET = 12;
  private static final int FLAGS_OFFSET = 13;
  private static final int CHECKSUM_OFFSET = 16;
  private static final int SHORTEST_HEADER = 20;
  private static final int FIN_AND_PSH = 0x09;
  private static final int CWR = 0x80;
  private static final int ADDRESSES_BEFORE_END_OF_IP_HEADER = 12;
  private static final int TCP = 6;

  private final byte[] header = new byte[60];
  private final byte[] behind = new byte[Esp.TRAILER_ROOM];

  /**
   * Hands every segment to {@code target}. The array's contents are lost.
   *
   * @param ip where the IP header begins
   * @param tcp where the TCP header begins
   * @param length octets from there, with {@link Esp#TRAILER_ROOM} more in the array
   * @param mss octets of data in each segment but the last
   * @return false when this is no whole TCP header, or {@code mss} is 0
   */
  boolean cut(byte[] b, int ip, int tcp, int length, int mss, Target target) {
    if (length < SHORTEST_HEADER || mss == 0) {
      return false;
    }
    int headerLength = (b[tcp + HEADER_LENGTH_OFFSET] >>> 4 & 0x0f) * 4;
    if (headerLength < SHORTEST_HEADER || headerLength > length) {
      return false;
    }
    System.arraycopy(b, tcp, header, 0, headerLength);
    int addresses = InternetChecksum.sum(b, ip + ADDRESSES_BEFORE_END_OF_IP_HEADER, 8, TCP);
    int sequence = getInt(header, SEQUENCE_OFFSET);
    int flags = header[FLAGS_OFFSET];
    int data = tcp + headerLength;
    int end = tcp + length;
    int at = data;
    do {
      int next = Math.min(end, at + mss);
      int start = at - headerLength;
      System.arraycopy(header, 0, b, start, headerLength);
      putInt(b, start + SEQUENCE_OFFSET, sequence + at - data);
      int cleared = (next < end ? FIN_AND_PSH : 0) | (at > data ? CWR : 0);
      b[start + FLAGS_OFFSET] = (byte) (flags & ~cleared);
      int segment = next - start;
      b[start + CHECKSUM_OFFSET] = 0;
      b[start + CHECKSUM_OFFSET + 1] = 0;
      int checksum = ~InternetChecksum.sum(b, start, segment, addresses + segment);
      b[start + CHECKSUM_OFFSET] = (byte) (checksum >>> 8);
      b[start + CHECKSUM_OFFSET + 1] = (byte) checksum;
      // Sealing writes its trailer where the next segment's data begins.
      System.arraycopy(b, next, behind, 0, behind.length);
      target.seal(b, start, segment);
      System.arraycopy(behind, 0, b, next, behind.length);
      at = next;
    } while (at < end);
    return true;
  }

  private static int getInt(byte[] b, int offset) {
    return (b[offset] & 0xff) << 24
        | (b[offset + 1] & 0xff) << 16
        | (b[offset + 2] & 0xff) << 8
        | (b[offset + 3] & 0xff);
  }

  private static void putInt(byte[] b, int offset, int value) {
    b[offset] = (byte) (value >>> 24);
    b[offset + 1] = (byte) (value >>> 16);
    b[offset + 2] = (byte) (value >>> 8);
    b[offset + 3] = (byte) value;
  }
}
