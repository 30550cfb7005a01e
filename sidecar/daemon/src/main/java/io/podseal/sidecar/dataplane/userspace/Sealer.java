package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.Esp;
import io.podseal.protocol.esp.Ipv4;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.sidecar.linux.NativeBuffer;
import io.podseal.sidecar.linux.Poller;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Thread podseal-tx: reads the pod's packets from the TUN, seals them and sends them. */
final class Sealer extends DataThread {
  private static final int IP = VirtioHeader.LENGTH;
  private static final int ROOM = IP + 65_535;

  private final Shared shared;
  private final TooBig tooBig = new TooBig();
  private final Poller poller;
  private final HoldQueue held = new HoldQueue(drops);
  private final SealedBatch batch;
  private final TcpSegments segments = new TcpSegments();
  private final TcpSegments.Target sealSegment = this::sealSegment;
  private final TunnelSegments tunnelSegments = new TunnelSegments();
  private final TcpSegments.Target sealTunnelSegment = this::sealTunnelSegment;
  private final NativeBuffer read = new NativeBuffer(ROOM);

  /** Virtio header, IP packet, and room for the trailer of ESP. */
  private final byte[] packet = new byte[ROOM + Esp.TRAILER_ROOM];

  private Tables tables = Tables.EMPTY;
  private Tables releasedFor = Tables.EMPTY;
  private @Nullable Sa current;
  private long nowMillis;

  Sealer(Shared shared) {
    super("podseal-tx", sa -> sa.outbound.destroy());
    this.shared = shared;
    this.poller = new Poller(shared.tun(), wake);
    this.batch = new SealedBatch(shared.udp(), drops);
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
    nowMillis = shared.clock().millis();
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
        break;
      }
      read.read(packet, 0, length);
      accept(length);
    }
    batch.flush();
  }

  /** Deals with what was read to {@link #packet}: virtio header and IP packet. */
  private void accept(int length) {
    int ipLength = length - IP;
    int header = Ipv4.headerLength(packet, IP, ipLength);
    if (header < 0) {
      boolean ipv6 = ipLength > 0 && (packet[IP] & 0xf0) == 0x60;
      drops.count(ipv6 ? DropReason.INNER_IPV6_UNSEALED.code() : header);
      return;
    }
    Path path = tables.paths().get(Ipv4.destination(packet, IP));
    if (path == null) {
      drops.count(DropReason.INNER_NOT_A_PEER);
    } else if (path.sa() != null) {
      accept(path.sa(), header, ipLength - header);
    } else if (held.hold(packet, length, path.peerIdentity(), System.nanoTime())) {
      shared.listener().sealingNeeded(path.peerIdentity());
    }
  }

  private void accept(Sa sa, int header, int payload) {
    current = sa;
    if (sa.filter != null && !sa.filter.admitsOutbound(packet, IP, header, header + payload)) {
      drops.count(DropReason.INNER_NOT_SELECTED);
      return;
    }
    if (sa.tunnel) {
      acceptForTunnel(sa, header, payload);
      return;
    }
    if (Ipv4.source(packet, IP) != sa.localAddress) {
      drops.count(DropReason.INNER_WRONG_SOURCE);
      return;
    }
    // RFC 4303 §3.3.4: transport mode takes whole datagrams only.
    if (Ipv4.isFragment(packet, IP)) {
      drops.count(DropReason.INNER_FRAGMENT);
      return;
    }
    int transport = IP + header;
    int gsoType = VirtioHeader.gsoType(packet);
    if (gsoType == VirtioHeader.GSO_NONE) {
      acceptWhole(sa, transport, header, payload);
    } else if (gsoType != VirtioHeader.GSO_TCPV4
        || Ipv4.protocol(packet, IP) != Ipv4.TCP
        || !segments.cut(
            packet, IP, transport, payload, VirtioHeader.gsoSize(packet), sealSegment)) {
      drops.count(DropReason.INNER_MALFORMED);
    }
  }

  private void acceptWhole(Sa sa, int transport, int header, int payload) {
    if (isTooBig(sa, payload, header)) {
      return;
    }
    int protocol = Ipv4.protocol(packet, IP);
    if (VirtioHeader.needsChecksum(packet) && !finishChecksum(transport, payload, protocol)) {
      drops.count(DropReason.INNER_MALFORMED);
      return;
    }
    if (protocol == Ipv4.TCP) {
      sa.clamp.apply(packet, transport, payload);
    }
    seal(protocol, packet, transport, payload);
  }

  /** Tells the pod about a packet that cannot leave as it is. */
  private boolean isTooBig(Sa sa, int espPayload, int header) {
    boolean fits = espPayload <= sa.longestWhole;
    if (fits || (espPayload <= sa.longest && !Ipv4.dontFragment(packet, IP))) {
      return false;
    }
    drops.count(DropReason.INNER_TOO_BIG);
    tooBig.answer(shared.tun(), packet, IP, header, sa.innerLimit);
    return true;
  }

  /** Whole packets, which may be fragments of larger ones: they travel with their header. */
  private void acceptForTunnel(Sa sa, int header, int payload) {
    int transport = IP + header;
    int protocol = Ipv4.protocol(packet, IP);
    int gsoType = VirtioHeader.gsoType(packet);
    if (gsoType == VirtioHeader.GSO_TCPV4 && protocol == Ipv4.TCP) {
      tunnelSegments.begin(packet, IP, header);
      if (!segments.cut(
          packet, IP, transport, payload, VirtioHeader.gsoSize(packet), sealTunnelSegment)) {
        drops.count(DropReason.INNER_MALFORMED);
      }
    } else if (gsoType != VirtioHeader.GSO_NONE
        || (VirtioHeader.needsChecksum(packet) && !finishChecksum(transport, payload, protocol))) {
      drops.count(DropReason.INNER_MALFORMED);
    } else if (!isTooBig(sa, header + payload, header)) {
      if (protocol == Ipv4.TCP && !Ipv4.isLaterFragment(packet, IP)) {
        sa.clamp.apply(packet, transport, payload);
      }
      seal(Ipv4.IPV4, packet, IP, header + payload);
    }
  }

  private void sealTunnelSegment(byte[] b, int offset, int length) {
    int whole = tunnelSegments.wrap(b, offset, length);
    seal(Ipv4.IPV4, tunnelSegments.array(), 0, whole);
  }

  private void sealSegment(byte[] b, int offset, int length) {
    seal(Ipv4.TCP, b, offset, length);
  }

  private void seal(int protocol, byte[] b, int offset, int length) {
    Sa sa = current;
    if (sa == null) {
      throw new IllegalStateException("no SA was chosen");
    }
    batch.reserve(sa, length);
    int sealed =
        sa.outbound.sealPayload(protocol, b, offset, length, batch.array(), batch.offset());
    if (sealed < 0) {
      drops.count(sealed);
      return;
    }
    sa.publishSequence();
    sa.sent.count(length, nowMillis);
    batch.add(sealed);
  }

  /** Adds to the checksum what the kernel left to us; false when it says nonsense. */
  private boolean finishChecksum(int transport, int payload, int protocol) {
    int start = IP + VirtioHeader.checksumStart(packet);
    int at = start + VirtioHeader.checksumOffset(packet);
    int end = transport + payload;
    if (start < transport || at + 2 > end) {
      return false;
    }
    int checksum = ~InternetChecksum.sum(packet, start, end - start, 0) & 0xffff;
    if (checksum == 0 && protocol == Ipv4.UDP) {
      checksum = 0xffff; // RFC 768: 0 would say that there is none
    }
    packet[at] = (byte) (checksum >>> 8);
    packet[at + 1] = (byte) checksum;
    return true;
  }

  /** A held packet is judged again by the tables in force, not by those it was held under. */
  private boolean tryRelease(byte[] waiting, String peerIdentity) {
    Path path = tables.paths().get(Ipv4.destination(waiting, IP));
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
