package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.Esp;

/**
 * Puts an IPv4 header before every segment of a TCP packet that was cut, for tunnel mode, where the
 * header travels. Confined to podseal-tx.
 */
final class TunnelSegments {
  private static final int TOTAL_LENGTH_OFFSET = 2;
  private static final int IDENTIFICATION_OFFSET = 4;
  private static final int CHECKSUM_OFFSET = 10;

  private final byte[] b = new byte[65_535 + Esp.TRAILER_ROOM];
  private int headerLength;
  private int identification;

  /** Takes the header of the packet that will be cut. */
  void begin(byte[] packet, int offset, int length) {
    System.arraycopy(packet, offset, b, 0, length);
    headerLength = length;
    identification = (b[IDENTIFICATION_OFFSET] & 0xff) << 8 | (b[IDENTIFICATION_OFFSET + 1] & 0xff);
  }

  /**
   * Makes a packet of one segment in {@link #array}, with an identification of its own (RFC 791).
   *
   * @return its length
   */
  int wrap(byte[] segment, int offset, int length) {
    System.arraycopy(segment, offset, b, headerLength, length);
    put(TOTAL_LENGTH_OFFSET, headerLength + length);
    put(IDENTIFICATION_OFFSET, identification++);
    put(CHECKSUM_OFFSET, 0);
    put(CHECKSUM_OFFSET, ~InternetChecksum.sum(b, 0, headerLength, 0));
    return headerLength + length;
  }

  byte[] array() {
    return b;
  }

  private void put(int offset, int value) {
    b[offset] = (byte) (value >>> 8);
    b[offset + 1] = (byte) value;
  }
}
