package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.InnerHeader;
import io.podseal.protocol.esp.Ipv4;

/**
 * The checksum of a TCP or UDP packet that came through a NAT in transport mode. The sender
 * computed it over the addresses of its side; the integrity check of ESP has vouched for what it
 * covers. So it is left to the kernel to complete, as for a packet of this machine, which is not
 * verified again (RFC 3948 §3.1.2).
 *
 * <pre>
 *  0               10                    30
 * +---------------+---------------------+-------------------+
 * | virtio header | IP header of 20 oct.| TCP or UDP packet |
 * +---------------+---------------------+-------------------+
 * </pre>
 */
final class TransportChecksum {
  private static final int TRANSPORT = VirtioHeader.LENGTH + InnerHeader.LENGTH;
  private static final int TCP_OFFSET = 16;
  private static final int UDP_OFFSET = 6;

  private TransportChecksum() {}

  /**
   * Leaves the checksum of the packet to the kernel; false when it has none.
   *
   * @param b with the IP header written
   * @param length octets after the IP header
   */
  static boolean leave(byte[] b, int protocol, int length) {
    int offset = protocol == Ipv4.TCP ? TCP_OFFSET : UDP_OFFSET;
    boolean has = protocol == Ipv4.TCP || protocol == Ipv4.UDP;
    if (!has || length < offset + 2) {
      return false;
    }
    int at = TRANSPORT + offset;
    // RFC 768: the sender of this datagram computed none.
    if (protocol == Ipv4.UDP && b[at] == 0 && b[at + 1] == 0) {
      return false;
    }
    VirtioHeader.putPartial(b, InnerHeader.LENGTH, offset);
    putPseudoHeader(b, at, protocol, length);
    return true;
  }

  /** Puts the sum of the pseudo-header where the checksum is, {@code at}. */
  static void putPseudoHeader(byte[] b, int at, int protocol, int length) {
    int sum = InternetChecksum.pseudoHeader(b, TRANSPORT - 8, protocol, length);
    b[at] = (byte) (sum >>> 8);
    b[at + 1] = (byte) sum;
  }
}
