package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.Ipv4;

/**
 * Lowers the MSS that a SYN or SYN-ACK announces to what fits one sealed packet (RFC 9293 §3.7.1),
 * and mends the TCP checksum (RFC 1624).
 *
 * <p>The route's advmss is not enough: the route of a Service address is chosen before its
 * destination becomes a peer's.
 */
final class MssClamp {
  private static final int TCP_HEADER = 20;
  private static final int FLAGS_OFFSET = 13;
  private static final int CHECKSUM_OFFSET = 16;
  private static final int SYN = 0x02;
  private static final int OPTION_END = 0;
  private static final int OPTION_NOP = 1;
  private static final int OPTION_MSS = 2;
  private static final int OPTION_MSS_LENGTH = 4;

  private final int limit;

  /**
   * @param innerLimit longest inner packet that is sealed without outer fragments
   */
  MssClamp(int innerLimit) {
    this.limit = innerLimit - Ipv4.SHORTEST_HEADER - TCP_HEADER;
  }

  /** Rewrites the TCP segment in place where it needs it; any octets are fine. */
  void apply(byte[] b, int offset, int length) {
    if (length < TCP_HEADER || (b[offset + FLAGS_OFFSET] & SYN) == 0) {
      return;
    }
    int end = offset + Math.min(length, (b[offset + 12] >>> 4 & 0x0f) * 4);
    int at = offset + TCP_HEADER;
    while (at < end && b[at] != OPTION_END) {
      if (b[at] == OPTION_NOP) {
        at++;
        continue;
      }
      if (at + 1 >= end) {
        return;
      }
      int optionLength = b[at + 1] & 0xff;
      if (optionLength < 2 || at + optionLength > end) {
        return;
      }
      if (b[at] == OPTION_MSS && optionLength == OPTION_MSS_LENGTH) {
        lower(b, offset, at + 2);
        return;
      }
      at += optionLength;
    }
  }

  private void lower(byte[] b, int segment, int at) {
    int announced = (b[at] & 0xff) << 8 | (b[at + 1] & 0xff);
    if (announced <= limit) {
      return;
    }
    b[at] = (byte) (limit >>> 8);
    b[at + 1] = (byte) limit;
    boolean aligned = (at - segment) % 2 == 0;
    int before = aligned ? announced : swapped(announced);
    int after = aligned ? limit : swapped(limit);
    int checksum = segment + CHECKSUM_OFFSET;
    int sum = (~((b[checksum] & 0xff) << 8 | (b[checksum + 1] & 0xff)) & 0xffff);
    sum += (~before & 0xffff) + after;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum += sum >>> 16;
    b[checksum] = (byte) (~sum >>> 8);
    b[checksum + 1] = (byte) ~sum;
  }

  private static int swapped(int value) {
    return (value & 0xff) << 8 | value >>> 8;
  }
}
