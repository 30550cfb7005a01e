package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.InboundSa;
import io.podseal.protocol.esp.InnerHeader;
import io.podseal.protocol.esp.Ipv4;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.udpencap.DatagramKind;
import io.podseal.sidecar.linux.Datagram;
import io.podseal.sidecar.linux.NativeBuffer;
import io.podseal.sidecar.linux.Poller;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;

/** Thread podseal-rx: receives datagrams, opens ESP and hands the packets to the pod. */
final class Opener extends DataThread {
  private static final Duration UNKNOWN_SPI_EVERY = Duration.ofMillis(500);
  private static final int IP = VirtioHeader.LENGTH;
  private static final int PAYLOAD = IP + InnerHeader.LENGTH;

  private final Shared shared;
  private final boolean joinSegments;
  private final Poller poller;
  private final RateLimiter unknownSpi = new RateLimiter(UNKNOWN_SPI_EVERY);
  private final TcpRun run = new TcpRun();
  private final Datagram datagram = new Datagram(65_535);
  private final byte[] received = new byte[65_535];

  /**
   * Virtio header, which is zero between packets, room for the header that transport mode adds, and
   * payload.
   */
  private final byte[] packet = new byte[PAYLOAD + received.length];

  private final NativeBuffer written = new NativeBuffer(packet.length);
  private Tables tables = Tables.EMPTY;
  private long nowMillis;

  Opener(Shared shared, boolean joinSegments) {
    super("podseal-rx", sa -> sa.inbound.destroy());
    this.shared = shared;
    this.joinSegments = joinSegments;
    this.poller = new Poller(shared.udp(), wake);
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
    return OptionalLong.empty();
  }

  @Override
  void moveBatch() {
    nowMillis = shared.clock().millis();
    for (int i = 0; i < BATCH; i++) {
      int length = shared.udp().receive(datagram);
      if (length < 0) {
        break;
      }
      datagram.payload().read(received, 0, length);
      long source = UdpAddress.pack(datagram.address(), datagram.port());
      int size = Math.max(1, datagram.segmentSize());
      int at = 0;
      do {
        int one = Math.min(size, length - at);
        accept(at, one, source);
        at += one;
      } while (at < length);
    }
    flushRun();
  }

  private void accept(int offset, int length, long source) {
    if (UdpAddress.port(source) == 0) {
      // Nothing can be sent there, so that no SA may follow its peer there.
      drops.count(DropReason.DATAGRAM_SOURCE_PORT);
      return;
    }
    DatagramKind kind = DatagramKind.of(received, offset, length);
    if (kind == DatagramKind.ESP) {
      open(offset, length, source);
    } else if (kind == DatagramKind.IKE) {
      int message = offset + DatagramKind.MARKER_LENGTH;
      // One octet too many tells the engine that it is too long, without keeping the rest.
      int end = Math.min(offset + length, message + MessageDecoder.MAX_LENGTH + 1);
      shared
          .listener()
          .ikeReceived(Arrays.copyOfRange(received, message, end), UdpAddress.unpack(source));
    } else if (kind.dropReason() != null) {
      drops.count(kind.dropReason());
    }
  }

  private void open(int offset, int length, long source) {
    int spi = InboundSa.spiOf(received, offset);
    Sa sa = tables.inbound().get(spi);
    if (sa == null) {
      // It may have been installed since this batch began.
      takeTables();
      sa = tables.inbound().get(spi);
    }
    if (sa == null) {
      drops.count(DropReason.ESP_UNKNOWN_SPI);
      int address = UdpAddress.address(source);
      // The engine makes nothing of a stranger's, which must not use up what peers may say.
      if (tables.paths().get(address) != null && unknownSpi.allows(address, System.nanoTime())) {
        shared.listener().unknownSpi(spi, UdpAddress.unpack(source));
      }
      return;
    }
    int payload = sa.inbound.open(received, offset, length, packet, PAYLOAD);
    if (InboundSa.isAuthentic(payload)) {
      sa.received.count(Math.max(0, payload), nowMillis);
      sa.report(source, nowMillis, shared.listener());
    }
    if (payload < 0) {
      drops.count(payload);
      return;
    }
    deliver(sa, payload);
  }

  private void deliver(Sa sa, int payload) {
    if (sa.tunnel) {
      deliverFromTunnel(sa, payload);
      return;
    }
    if (sa.filter != null && !isSelected(sa, payload)) {
      drops.count(DropReason.ESP_SELECTORS);
      return;
    }
    int protocol = sa.inbound.nextHeader();
    if (protocol == Ipv4.TCP) {
      if (joinSegments && join(sa, payload)) {
        return;
      }
      sa.clamp.apply(packet, PAYLOAD, payload);
    }
    // What came before leaves before.
    flushRun();
    sa.header.write(packet, IP, protocol, payload);
    boolean left = sa.translated && TransportChecksum.leave(packet, protocol, payload);
    write(packet, 0, PAYLOAD + payload);
    if (left) {
      VirtioHeader.putPlain(packet);
    }
  }

  private boolean isSelected(Sa sa, int payload) {
    sa.header.write(packet, IP, sa.inbound.nextHeader(), payload);
    return sa.filter != null
        && sa.filter.admitsInbound(packet, IP, InnerHeader.LENGTH, InnerHeader.LENGTH + payload);
  }

  /** RFC 4301 §5.2: the packet inside must be one that the SA was negotiated for. */
  private void deliverFromTunnel(Sa sa, int length) {
    int header =
        sa.inbound.nextHeader() == Ipv4.IPV4 ? Ipv4.headerLength(packet, PAYLOAD, length) : -1;
    if (header < 0) {
      drops.count(DropReason.ESP_NO_INNER_PACKET);
      return;
    }
    if (sa.filter == null || !sa.filter.admitsInbound(packet, PAYLOAD, header, length)) {
      drops.count(DropReason.ESP_SELECTORS);
      return;
    }
    if (Ipv4.protocol(packet, PAYLOAD) == Ipv4.TCP && !Ipv4.isLaterFragment(packet, PAYLOAD)) {
      sa.clamp.apply(packet, PAYLOAD + header, length - header);
    }
    flushRun();
    int start = PAYLOAD - VirtioHeader.LENGTH;
    Arrays.fill(packet, start, PAYLOAD, (byte) 0);
    write(packet, start, VirtioHeader.LENGTH + length);
  }

  private boolean join(Sa sa, int payload) {
    if (!run.isEmpty() && run.append(sa, packet, PAYLOAD, payload)) {
      return true;
    }
    if (!TcpRun.canBegin(packet, PAYLOAD, payload)) {
      return false;
    }
    flushRun();
    run.begin(sa, packet, PAYLOAD, payload);
    return true;
  }

  private void flushRun() {
    if (!run.isEmpty()) {
      int length = run.finish();
      write(run.array(), 0, length);
    }
  }

  private void write(byte[] octets, int offset, int length) {
    written.write(0, octets, offset, length);
    if (!shared.tun().write(written, length)) {
      drops.count(DropReason.SEND_FAILED);
    }
  }
}
