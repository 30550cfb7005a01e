package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.esp.InboundSa;
import io.podseal.protocol.esp.InnerHeader;
import io.podseal.protocol.esp.Ipv4;
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

  private final Shared shared;
  private final MssClamp clamp;
  private final Poller poller;
  private final RateLimiter unknownSpi = new RateLimiter(UNKNOWN_SPI_EVERY);
  private final Datagram datagram = new Datagram(Datagram.MAX_LENGTH);
  private final byte[] received = new byte[Datagram.MAX_LENGTH];
  private final byte[] packet = new byte[InnerHeader.LENGTH + Datagram.MAX_LENGTH];
  private final NativeBuffer written = new NativeBuffer(packet.length);
  private Tables tables = Tables.EMPTY;
  private long nowMillis;

  Opener(Shared shared, int innerLimit) {
    super("podseal-rx", sa -> sa.inbound.destroy());
    this.shared = shared;
    this.clamp = new MssClamp(innerLimit);
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
    nowMillis = System.currentTimeMillis();
    for (int i = 0; i < BATCH; i++) {
      int length = shared.udp().receive(datagram);
      if (length < 0) {
        return;
      }
      datagram.payload().read(received, 0, length);
      accept(length, UdpAddress.pack(datagram.address(), datagram.port()));
    }
  }

  private void accept(int length, long source) {
    DatagramKind kind = DatagramKind.of(received, 0, length);
    if (kind == DatagramKind.ESP) {
      open(length, source);
    } else if (kind == DatagramKind.IKE) {
      shared
          .listener()
          .ikeReceived(
              Arrays.copyOfRange(received, DatagramKind.MARKER_LENGTH, length),
              UdpAddress.unpack(source));
    } else if (kind.dropReason() != null) {
      drops.count(kind.dropReason());
    }
  }

  private void open(int length, long source) {
    int spi = InboundSa.spiOf(received, 0);
    Sa sa = tables.inbound().get(spi);
    if (sa == null) {
      // It may have been installed since this batch began.
      takeTables();
      sa = tables.inbound().get(spi);
    }
    if (sa == null) {
      drops.count(DropReason.ESP_UNKNOWN_SPI);
      if (unknownSpi.allows(UdpAddress.address(source), System.nanoTime())) {
        shared.listener().unknownSpi(spi, UdpAddress.unpack(source));
      }
      return;
    }
    int payload = sa.inbound.open(received, 0, length, packet, InnerHeader.LENGTH);
    if (InboundSa.isAuthentic(payload)) {
      report(sa, Math.max(0, payload), source);
    }
    if (payload < 0) {
      drops.count(payload);
      return;
    }
    deliver(sa, payload);
  }

  private void report(Sa sa, int payload, long source) {
    sa.received.count(payload, nowMillis);
    if (sa.hearFirst()) {
      shared.listener().firstInbound(sa.inboundSpi());
    }
    if (sa.hasMoved(source)) {
      shared.listener().remoteMoved(sa.inboundSpi(), UdpAddress.unpack(source));
    }
  }

  private void deliver(Sa sa, int payload) {
    int protocol = sa.inbound.nextHeader();
    if (protocol == Ipv4.TCP) {
      clamp.apply(packet, InnerHeader.LENGTH, payload);
    }
    sa.header.write(packet, 0, protocol, payload);
    int length = InnerHeader.LENGTH + payload;
    written.write(0, packet, 0, length);
    if (!shared.tun().write(written, length)) {
      drops.count(DropReason.SEND_FAILED);
    }
  }
}
