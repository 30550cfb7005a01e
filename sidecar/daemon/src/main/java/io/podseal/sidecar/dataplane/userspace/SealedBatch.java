package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.telemetry.DropReason;
import io.podseal.sidecar.linux.Datagram;
import io.podseal.sidecar.linux.UdpSocket;

/**
 * Sealed packets for one peer that leave with one system call: all of one size, but the last may be
 * shorter. Confined to podseal-tx.
 */
final class SealedBatch {
  /** For one packet that turns out too long to be sent. */
  private static final int ROOM = 512;

  private final UdpSocket udp;
  private final DropCounters drops;
  private final byte[] sealed = new byte[Datagram.MAX_LENGTH + ROOM];
  private final Datagram datagram = new Datagram(Datagram.MAX_LENGTH);
  private int used;
  private int count;
  private int size;
  private boolean complete;
  private boolean alone;
  private long remote;

  SealedBatch(UdpSocket udp, DropCounters drops) {
    this.udp = udp;
    this.drops = drops;
  }

  /**
   * Makes room for a packet that {@code sa} will seal; what cannot leave together with it leaves
   * now. A payload that does not fit the link in one packet leaves alone, because the kernel cuts
   * only what fits (UDP_SEGMENT).
   */
  void reserve(Sa sa, int payloadLength) {
    long to = sa.remote();
    boolean whole = payloadLength <= sa.longestWhole;
    if (count > 0
        && (complete
            || to != remote
            || !whole
            || count == UdpSocket.MAX_SEGMENTS
            || used + payloadLength + sa.maxOverhead > Datagram.MAX_LENGTH)) {
      flush();
    }
    remote = to;
    alone = !whole;
  }

  byte[] array() {
    return sealed;
  }

  /** Where the next packet is to be sealed to. */
  int offset() {
    return used;
  }

  /** Takes the packet of {@code length} octets that was sealed to {@link #offset}. */
  void add(int length) {
    if (count > 0 && length > size) {
      int from = used;
      flush();
      System.arraycopy(sealed, from, sealed, 0, length);
    }
    if (count == 0) {
      size = length;
    }
    complete = alone || length < size;
    used += length;
    count++;
  }

  /** Sends what is waiting. */
  void flush() {
    if (count == 0) {
      return;
    }
    datagram.to(UdpAddress.address(remote), UdpAddress.port(remote));
    datagram.payload().write(0, sealed, 0, used);
    int refused = udp.sendSegments(datagram, used, size);
    for (int i = 0; i < refused; i++) {
      drops.count(DropReason.SEND_FAILED);
    }
    used = 0;
    count = 0;
    complete = false;
  }
}
