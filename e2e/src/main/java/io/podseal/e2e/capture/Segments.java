package io.podseal.e2e.capture;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Splits a UDP segmentation (GSO) super-packet, which a veth carries whole, into the datagrams that
 * a cable would carry: same headers, with the lengths, the identification and the header checksum
 * of each.
 */
final class Segments {
  private static final int ETHERNET_HEADER = 14;
  private static final int UDP_HEADER = 8;

  private Segments() {}

  /** Returns the datagrams of {@code frame}, or the frame itself when it is no super-packet. */
  static List<CapturedFrame> of(CapturedFrame frame) {
    if (frame.segment() == 0 || frame.bytes().length < ETHERNET_HEADER + 20 + UDP_HEADER) {
      return List.of(frame);
    }
    ByteBuffer whole = ByteBuffer.wrap(frame.bytes());
    int udp = ETHERNET_HEADER + (whole.get(ETHERNET_HEADER) & 0xf) * 4;
    int data = udp + UDP_HEADER;
    int identification = whole.getShort(ETHERNET_HEADER + 4);
    List<CapturedFrame> frames = new ArrayList<>();
    for (int at = data; at < whole.limit(); at += frame.segment()) {
      int length = Math.min(frame.segment(), whole.limit() - at);
      byte[] bytes = Arrays.copyOf(frame.bytes(), data + length);
      System.arraycopy(frame.bytes(), at, bytes, data, length);
      ByteBuffer one = ByteBuffer.wrap(bytes);
      one.putShort(ETHERNET_HEADER + 2, (short) (bytes.length - ETHERNET_HEADER));
      one.putShort(ETHERNET_HEADER + 4, (short) (identification + frames.size()));
      one.putShort(ETHERNET_HEADER + 10, (short) 0);
      one.putShort(ETHERNET_HEADER + 10, checksum(one, ETHERNET_HEADER, udp));
      one.putShort(udp + 4, (short) (UDP_HEADER + length));
      // 0 = no checksum (RFC 768): the kernel would compute one only on its way out of the node.
      one.putShort(udp + 6, (short) 0);
      frames.add(new CapturedFrame(frame.time(), bytes, bytes.length, 0));
    }
    return frames;
  }

  private static short checksum(ByteBuffer bytes, int from, int to) {
    int sum = 0;
    for (int at = from; at < to; at += 2) {
      sum += Short.toUnsignedInt(bytes.getShort(at));
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    return (short) ~((sum & 0xffff) + (sum >>> 16));
  }
}
