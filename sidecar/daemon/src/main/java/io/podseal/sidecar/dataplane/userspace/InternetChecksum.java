package io.podseal.sidecar.dataplane.userspace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** One's complement sums of 16-bit words (RFC 1071), eight octets at a time. */
final class InternetChecksum {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private InternetChecksum() {}

  /** The sum, folded to 16 bits and not complemented, of the octets and {@code start}. */
  static int sum(byte[] b, int offset, int length, int start) {
    // Two 32-bit halves per long cannot overflow 63 bits in a packet.
    long sum = start;
    int i = offset;
    int end = offset + length;
    for (; i + 8 <= end; i += 8) {
      long word = (long) LONG.get(b, i);
      sum += (word >>> 32) + (word & 0xffffffffL);
    }
    for (; i + 2 <= end; i += 2) {
      sum += (b[i] & 0xff) << 8 | (b[i + 1] & 0xff);
    }
    if (i < end) {
      sum += (b[i] & 0xff) << 8;
    }
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return (int) sum;
  }

  /** Sum of the pseudo-header of an IPv4 packet whose addresses stand at {@code addresses}. */
  static int pseudoHeader(byte[] b, int addresses, int protocol, int length) {
    return sum(b, addresses, 8, protocol + length);
  }
}
