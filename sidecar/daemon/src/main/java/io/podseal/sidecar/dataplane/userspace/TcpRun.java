package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.InnerHeader;
import io.podseal.protocol.esp.Ipv4;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Joins opened TCP segments that follow each other into one packet of up to 64 KB, as the kernel's
 * receive offload does, so that the TUN device takes them with one write. Confined to podseal-rx.
 *
 * <p>Segments join only where the kernel could cut them again without a difference: same ports,
 * acknowledgement, window and options, no flags but ACK and a PSH at the end, data without a gap,
 * all of one size but the last.
 */
final class TcpRun {
  static final int PACKET_OFFSET = VirtioHeader.LENGTH;

  private static final int TCP_OFFSET = PACKET_OFFSET + InnerHeader.LENGTH;
  private static final int MAX_PACKET = 65_535;
  private static final int SHORTEST_HEADER = 20;
  private static final int SEQUENCE_OFFSET = 4;
  private static final int ACK_OFFSET = 8;
  private static final int HEADER_LENGTH_OFFSET = 12;
  private static final int FLAGS_OFFSET = 13;
  private static final int WINDOW_OFFSET = 14;
  private static final int CHECKSUM_OFFSET = 16;
  private static final int ACK = 0x10;
  private static final int PSH = 0x08;

  private final byte[] b = new byte[PACKET_OFFSET + MAX_PACKET];
  private @Nullable Sa sa;
  private int length;
  private int headerLength;
  private int dataSize;
  private int segments;
  private boolean open;

  /** The packet with its virtio header in front, once {@link #finish} was called. */
  byte[] array() {
    return b;
  }

  boolean isEmpty() {
    return segments == 0;
  }

  /** Whether a segment may be the first of a run. */
  static boolean canBegin(byte[] in, int offset, int length) {
    int header = headerLength(in, offset, length);
    return header > 0 && length > header && isPlainData(in[offset + FLAGS_OFFSET]);
  }

  /** Begins with a segment for which {@link #canBegin} holds; the run must be empty. */
  void begin(Sa from, byte[] in, int offset, int segmentLength) {
    sa = from;
    System.arraycopy(in, offset, b, TCP_OFFSET, segmentLength);
    length = segmentLength;
    headerLength = headerLength(in, offset, segmentLength);
    dataSize = segmentLength - headerLength;
    segments = 1;
    open = (in[offset + FLAGS_OFFSET] & PSH) == 0;
  }

  /** Takes the segment in, or leaves it and returns false when it does not follow. */
  @SuppressWarnings("ReferenceEquality") // one object for each SA
  boolean append(Sa from, byte[] in, int offset, int segmentLength) {
    int data = segmentLength - headerLength;
    if (!open
        || from != sa
        || data <= 0
        || data > dataSize
        || InnerHeader.LENGTH + length + data > MAX_PACKET
        || !isPlainData(in[offset + FLAGS_OFFSET])
        || !follows(in, offset)) {
      return false;
    }
    System.arraycopy(in, offset + headerLength, b, TCP_OFFSET + length, data);
    length += data;
    segments++;
    boolean push = (in[offset + FLAGS_OFFSET] & PSH) != 0;
    b[TCP_OFFSET + FLAGS_OFFSET] |= (byte) (push ? PSH : 0);
    open = !push && data == dataSize;
    return true;
  }

  /**
   * Completes the packet in {@link #array} and empties the run.
   *
   * @return octets of the array, virtio header included
   */
  int finish() {
    if (sa == null) {
      throw new IllegalStateException("no run was begun");
    }
    sa.header.write(b, PACKET_OFFSET, Ipv4.TCP, length);
    if (segments > 1) {
      VirtioHeader.putTcp(
          b, InnerHeader.LENGTH + headerLength, dataSize, InnerHeader.LENGTH, CHECKSUM_OFFSET);
      // The kernel adds the rest, if anybody ever asks.
      TransportChecksum.putPseudoHeader(b, TCP_OFFSET + CHECKSUM_OFFSET, Ipv4.TCP, length);
    } else {
      VirtioHeader.putPlain(b);
      if (sa.translated) {
        TransportChecksum.leave(b, Ipv4.TCP, length);
      }
    }
    segments = 0;
    sa = null;
    return TCP_OFFSET + length;
  }

  private boolean follows(byte[] in, int offset) {
    return same(in, offset, 0, SEQUENCE_OFFSET)
        && getInt(in, offset + SEQUENCE_OFFSET)
            == getInt(b, TCP_OFFSET + SEQUENCE_OFFSET) + length - headerLength
        && same(in, offset, ACK_OFFSET, FLAGS_OFFSET)
        && same(in, offset, WINDOW_OFFSET, CHECKSUM_OFFSET)
        && same(in, offset, SHORTEST_HEADER, headerLength);
  }

  private boolean same(byte[] in, int offset, int from, int to) {
    return Arrays.equals(in, offset + from, offset + to, b, TCP_OFFSET + from, TCP_OFFSET + to);
  }

  private static boolean isPlainData(byte flags) {
    return (flags & ~PSH) == ACK;
  }

  /** Octets of the TCP header, or -1 when it is not whole. */
  private static int headerLength(byte[] in, int offset, int length) {
    if (length < SHORTEST_HEADER) {
      return -1;
    }
    int header = (in[offset + HEADER_LENGTH_OFFSET] >>> 4 & 0x0f) * 4;
    return header < SHORTEST_HEADER || header > length ? -1 : header;
  }

  private static int getInt(byte[] in, int offset) {
    return (in[offset] & 0xff) << 24
        | (in[offset + 1] & 0xff) << 16
        | (in[offset + 2] & 0xff) << 8
        | (in[offset + 3] & 0xff);
  }
}
