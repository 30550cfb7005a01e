package io.podseal.sidecar.dataplane.userspace;

/**
 * The header in front of every packet of the TUN device: virtio_net_hdr, little-endian here.
 *
 * <pre>
 *  0       1          2           4           6            8             10
 * +-------+----------+-----------+-----------+------------+-------------+
 * | flags | gso_type |  hdr_len  | gso_size  | csum_start | csum_offset |
 * +-------+----------+-----------+-----------+------------+-------------+
 * </pre>
 */
final class VirtioHeader {
  static final int LENGTH = 10;

  /** What follows the pseudo-header sum is still to be added to the checksum. */
  static final int NEEDS_CSUM = 1;

  static final int GSO_NONE = 0;
  static final int GSO_TCPV4 = 1;

  private static final int GSO_ECN = 0x80;

  private VirtioHeader() {}

  static boolean needsChecksum(byte[] b) {
    return (b[0] & NEEDS_CSUM) != 0;
  }

  static int gsoType(byte[] b) {
    return b[1] & 0xff & ~GSO_ECN;
  }

  static int gsoSize(byte[] b) {
    return littleEndian(b, 4);
  }

  static int checksumStart(byte[] b) {
    return littleEndian(b, 6);
  }

  static int checksumOffset(byte[] b) {
    return littleEndian(b, 8);
  }

  /** A packet as it is. */
  static void putPlain(byte[] b) {
    for (int i = 0; i < LENGTH; i++) {
      b[i] = 0;
    }
  }

  /** Several TCP segments of {@code gsoSize} octets of data in one packet. */
  static void putTcp(byte[] b, int headers, int gsoSize, int checksumStart, int checksumOffset) {
    b[0] = NEEDS_CSUM;
    b[1] = GSO_TCPV4;
    putLittleEndian(b, 2, headers);
    putLittleEndian(b, 4, gsoSize);
    putLittleEndian(b, 6, checksumStart);
    putLittleEndian(b, 8, checksumOffset);
  }

  /** One packet whose checksum is still to be completed. */
  static void putPartial(byte[] b, int checksumStart, int checksumOffset) {
    putPlain(b);
    b[0] = NEEDS_CSUM;
    putLittleEndian(b, 6, checksumStart);
    putLittleEndian(b, 8, checksumOffset);
  }

  private static int littleEndian(byte[] b, int offset) {
    return (b[offset] & 0xff) | (b[offset + 1] & 0xff) << 8;
  }

  private static void putLittleEndian(byte[] b, int offset, int value) {
    b[offset] = (byte) value;
    b[offset + 1] = (byte) (value >>> 8);
  }
}
