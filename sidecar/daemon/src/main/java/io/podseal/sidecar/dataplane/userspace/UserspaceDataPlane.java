package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.esp.Esp;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Features;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.udpencap.DatagramKind;
import io.podseal.sidecar.dataplane.ChildSa;
import io.podseal.sidecar.dataplane.ChildSaStats;
import io.podseal.sidecar.dataplane.DataPlane;
import io.podseal.sidecar.dataplane.DataPlaneListener;
import io.podseal.sidecar.dataplane.PeerTable;
import io.podseal.sidecar.linux.Datagram;
import io.podseal.sidecar.linux.TunDevice;
import io.podseal.sidecar.linux.UdpSocket;
import java.net.Inet4Address;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * ESP in user space between a TUN device and UDP 4500, in the network namespace of the thread that
 * opened it. The TUN device is left down: routing brings it up.
 *
 * <p>Methods of the engine thread are synchronized among themselves only, so that a close from
 * another thread cannot meet them half-way; the data threads never take this lock.
 */
public final class UserspaceDataPlane implements DataPlane {
  private static final int SOCKET_BUFFER = 4 * 1024 * 1024;
  private static final byte KEEPALIVE = (byte) 0xff;

  private final CryptoProvider crypto;
  private final RandomSource random;
  private final int linkMtu;
  private final Shared shared;
  private final Sealer sealer;
  private final Opener opener;
  private final DropCounters drops = new DropCounters();
  private final Datagram outgoing = new Datagram(Datagram.MAX_LENGTH);

  /** By inbound SPI; changed by the engine thread, read by {@link #stats}. */
  private final Map<Integer, Sa> installed = new ConcurrentHashMap<>();

  private final Map<Integer, Sa> selected = new HashMap<>();
  private Map<Inet4Address, String> identities = Map.of();
  private boolean closed;

  private UserspaceDataPlane(
      TunDevice tun,
      UdpSocket udp,
      UserspaceOptions options,
      CryptoProvider crypto,
      RandomSource random,
      DataPlaneListener listener,
      InstantSource clock) {
    this.crypto = crypto;
    this.random = random;
    this.linkMtu = options.linkMtu();
    this.shared = new Shared(tun, udp, listener, new AtomicReference<>(Tables.EMPTY), clock);
    this.sealer = new Sealer(shared);
    this.opener = new Opener(shared, options.offload());
  }

  /**
   * Creates the TUN device, binds the port and starts the data threads.
   *
   * @param random gives the IVs of AES-CBC; used by the thread that seals
   * @param clock what {@link ChildSaStats} are timed by
   * @throws io.podseal.sidecar.linux.LinuxException with what to change in the pod
   */
  public static UserspaceDataPlane open(
      UserspaceOptions options,
      CryptoProvider crypto,
      RandomSource random,
      DataPlaneListener listener,
      InstantSource clock) {
    TunDevice tun = TunDevice.open(options.tun(), options.offload());
    UdpSocket udp;
    try {
      udp = UdpSocket.bind(options.udpPort(), options.mark(), SOCKET_BUFFER);
    } catch (RuntimeException e) {
      tun.close();
      throw e;
    }
    if (options.offload()) {
      udp.receiveSegments();
    } else {
      udp.sendOneByOne();
    }
    UserspaceDataPlane plane =
        new UserspaceDataPlane(tun, udp, options, crypto, random, listener, clock);
    plane.sealer.start();
    plane.opener.start();
    return plane;
  }

  @Override
  public String name() {
    return "userspace";
  }

  @Override
  public Features features() {
    return new Features(true, true, true, true, false, Esp.REPLAY_WINDOW);
  }

  @Override
  public synchronized void peers(PeerTable table) {
    identities = table.identities();
    publish();
  }

  @Override
  public synchronized void install(ChildSa sa) {
    int spi = sa.keys().inboundSpi();
    if (installed.containsKey(spi)) {
      throw new IllegalStateException("inbound SPI " + Integer.toHexString(spi) + " is in use");
    }
    installed.put(spi, new Sa(sa, crypto, random, linkMtu));
    publish();
  }

  @Override
  public synchronized void selectOutbound(int inboundSpi) {
    Sa sa = installed.get(inboundSpi);
    if (sa != null) {
      selected.put(sa.peerAddress, sa);
      publish();
    }
  }

  @Override
  public synchronized void stopSending(int inboundSpi) {
    Sa sa = installed.get(inboundSpi);
    if (sa != null && selected.remove(sa.peerAddress, sa)) {
      publish();
    }
  }

  @Override
  public synchronized void remote(int inboundSpi, Endpoint to) {
    Sa sa = installed.get(inboundSpi);
    if (sa != null) {
      sa.remote(to);
    }
  }

  @Override
  public synchronized void remove(int inboundSpi) {
    Sa sa = installed.remove(inboundSpi);
    if (sa != null) {
      selected.remove(sa.peerAddress, sa);
      publish();
      sealer.retire(sa);
      opener.retire(sa);
    }
  }

  @Override
  public synchronized boolean sendIke(byte[] message, Endpoint to) {
    int length = DatagramKind.MARKER_LENGTH + message.length;
    if (length > Datagram.MAX_LENGTH) {
      throw new IllegalArgumentException("IKE message of " + message.length + " octets");
    }
    outgoing.payload().write(0, new byte[DatagramKind.MARKER_LENGTH], 0, 4);
    outgoing.payload().write(DatagramKind.MARKER_LENGTH, message, 0, message.length);
    return send(length, to);
  }

  @Override
  public synchronized void sendKeepalive(Endpoint to) {
    outgoing.payload().write(0, new byte[] {KEEPALIVE}, 0, 1);
    send(1, to);
  }

  @Override
  public List<ChildSaStats> stats() {
    return installed.values().stream().map(Sa::stats).toList();
  }

  @Override
  public long dropped(DropReason reason) {
    return drops.read(reason) + sealer.drops.read(reason) + opener.drops.read(reason);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (Integer spi : List.copyOf(installed.keySet())) {
      remove(spi);
    }
    sealer.stop();
    opener.stop();
    shared.udp().close();
    shared.tun().close();
  }

  private boolean send(int length, Endpoint to) {
    if (!closed && to.address() instanceof Inet4Address address) {
      outgoing.to(UdpAddress.toInt(address), to.port());
      if (shared.udp().send(outgoing, length)) {
        return true;
      }
    }
    drops.count(DropReason.SEND_FAILED);
    return false;
  }

  private void publish() {
    shared.tables().setRelease(Tables.of(identities, installed.values(), selected));
    sealer.wake();
  }
}
