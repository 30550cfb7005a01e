package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.Esp;
import io.podseal.protocol.esp.Ipv4;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.sidecar.linux.Datagram;
import io.podseal.sidecar.linux.NativeBuffer;
import io.podseal.sidecar.linux.Poller;
import java.util.OptionalLong;

/** Thread podseal-tx: reads the pod's packets from the TUN, seals them and sends them. */
final class Sealer extends DataThread {
  private static final int PACKET_ROOM = 65_535;
  private static final int LONGEST_PAYLOAD = Datagram.MAX_LENGTH - Esp.MAX_OVERHEAD;

  private final Shared shared;
  private final MssClamp clamp;
  private final TooBig tooBig;
  private final int longestWholePayload;
  private final Poller poller;
  private final HoldQueue held = new HoldQueue(drops);
  private final NativeBuffer read = new NativeBuffer(PACKET_ROOM);
  private final Datagram datagram = new Datagram(Datagram.MAX_LENGTH);
  private final byte[] packet = new byte[PACKET_ROOM + Esp.TRAILER_ROOM];
  private final byte[] sealed = new byte[PACKET_ROOM + Esp.MAX_OVERHEAD];
  private Tables tables = Tables.EMPTY;
  private Tables releasedFor = Tables.EMPTY;
  private long nowMillis;

  Sealer(Shared shared, int innerLimit) {
    super("podseal-tx", sa -> sa.outbound.destroy());
    this.shared = shared;
    this.clamp = new MssClamp(innerLimit);
    this.tooBig = new TooBig(innerLimit);
    this.longestWholePayload = innerLimit - Ipv4.SHORTEST_HEADER;
    this.poller = new Poller(shared.tun(), wake);
  }

  @Override
  Poller poller() {
    return poller;
  }

  @Override
  void takeTables() {
    tables = shared.tables().getAcquire();
  }

  @Override
  OptionalLong nanosToDeadline() {
    return held.nanosToExpiry(System.nanoTime());
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // new tables are a new object
  void moveBatch() {
    nowMillis = System.currentTimeMillis();
    held.expire(System.nanoTime());
    if (tables != releasedFor) {
      releasedFor = tables;
      if (!held.isEmpty()) {
        held.release(this::tryRelease);
      }
    }
    for (int i = 0; i < BATCH; i++) {
      int length = shared.tun().read(read);
      if (length <= 0) {
        return;
      }
      read.read(packet, 0, length);
      accept(length);
    }
  }

  /** Deals with the packet in {@link #packet}. */
  private void accept(int length) {
    int header = Ipv4.headerLength(packet, 0, length);
    if (header < 0) {
      boolean ipv6 = (packet[0] & 0xf0) == 0x60;
      drops.count(ipv6 ? DropReason.INNER_IPV6_UNSEALED.code() : header);
      return;
    }
    Path path = tables.paths().get(Ipv4.destination(packet, 0));
    if (path == null) {
      drops.count(DropReason.INNER_NOT_A_PEER);
    } else if (path.sa() != null) {
      seal(path.sa(), header, length);
    } else if (held.hold(packet, length, path.peerIdentity(), System.nanoTime())) {
      shared.listener().sealingNeeded(path.peerIdentity());
    }
  }

  private void seal(Sa sa, int header, int length) {
    int payload = length - header;
    if (Ipv4.source(packet, 0) != sa.localAddress) {
      drops.count(DropReason.INNER_WRONG_SOURCE);
      return;
    }
    boolean tooLong = payload > LONGEST_PAYLOAD;
    if (tooLong || (payload > longestWholePayload && Ipv4.dontFragment(packet, 0))) {
      drops.count(DropReason.INNER_TOO_BIG);
      tooBig.answer(shared.tun(), packet, header);
      return;
    }
    if (Ipv4.protocol(packet, 0) == Ipv4.TCP && !Ipv4.isFragment(packet, 0)) {
      clamp.apply(packet, header, payload);
    }
    int sealedLength = sa.outbound.seal(packet, 0, length, sealed, 0);
    if (sealedLength < 0) {
      drops.count(sealedLength);
      return;
    }
    sa.publishSequence();
    long remote = sa.remote();
    datagram.to(UdpAddress.address(remote), UdpAddress.port(remote));
    datagram.payload().write(0, sealed, 0, sealedLength);
    if (shared.udp().send(datagram, sealedLength)) {
      sa.sent.count(payload, nowMillis);
    } else {
      drops.count(DropReason.SEND_FAILED);
    }
  }

  /** A held packet is judged again by the tables in force, not by those it was held under. */
  private boolean tryRelease(byte[] waiting, String peerIdentity) {
    Path path = tables.paths().get(Ipv4.destination(waiting, 0));
    if (path == null || !path.peerIdentity().equals(peerIdentity)) {
      drops.count(DropReason.INNER_NOT_A_PEER);
      return true;
    }
    if (path.sa() == null) {
      return false;
    }
    System.arraycopy(waiting, 0, packet, 0, waiting.length);
    accept(waiting.length);
    return true;
  }
}
