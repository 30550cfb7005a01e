package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.InnerHeader;
import io.podseal.protocol.esp.Ipv4;
import io.podseal.sidecar.linux.NativeBuffer;
import io.podseal.sidecar.linux.TunDevice;

/**
 * Tells the pod that a packet with DF does not fit: ICMP type 3 code 4 (RFC 1191 §4), as if its
 * destination had sent it. Confined to podseal-tx.
 */
final class TooBig {
  private static final int ICMP_HEADER = 8;
  private static final int QUOTED_PAYLOAD = 8;
  private static final int IP = VirtioHeader.LENGTH;
  private static final int LONGEST = IP + InnerHeader.LENGTH + ICMP_HEADER + 60 + QUOTED_PAYLOAD;

  private final byte[] message = new byte[LONGEST];
  private final NativeBuffer buffer = new NativeBuffer(LONGEST);

  /**
   * Answers the IPv4 packet at {@code offset} whose header is {@code headerLength} octets long.
   *
   * @param innerLimit longest packet that would fit
   */
  void answer(TunDevice tun, byte[] packet, int offset, int headerLength, int innerLimit) {
    int quoted = headerLength + QUOTED_PAYLOAD;
    int icmp = IP + InnerHeader.LENGTH;
    int source = Ipv4.destination(packet, offset);
    int destination = Ipv4.source(packet, offset);
    new InnerHeader(source, destination).write(message, IP, Ipv4.ICMP, ICMP_HEADER + quoted);
    message[icmp] = 3;
    message[icmp + 1] = 4;
    for (int i = 2; i < 6; i++) {
      message[icmp + i] = 0;
    }
    message[icmp + 6] = (byte) (innerLimit >>> 8);
    message[icmp + 7] = (byte) innerLimit;
    System.arraycopy(packet, offset, message, icmp + ICMP_HEADER, quoted);
    int checksum = ~InternetChecksum.sum(message, icmp, ICMP_HEADER + quoted, 0);
    message[icmp + 2] = (byte) (checksum >>> 8);
    message[icmp + 3] = (byte) checksum;
    int length = icmp + ICMP_HEADER + quoted;
    buffer.write(0, message, 0, length);
    tun.write(buffer, length);
  }
}
