package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.sidecar.dataplane.ChildSa;
import io.podseal.sidecar.dataplane.DataPlaneListener;
import io.podseal.sidecar.dataplane.PeerTable;
import io.podseal.sidecar.firewall.Firewall;
import io.podseal.sidecar.firewall.FirewallPeer;
import io.podseal.sidecar.firewall.FirewallPolicy;
import io.podseal.sidecar.firewall.PortRule;
import io.podseal.sidecar.firewall.ServiceRoute;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.linux.NetworkNamespace;
import io.podseal.sidecar.routing.PeerRoutes;
import io.podseal.sidecar.routing.Uplink;
import java.net.Inet4Address;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** A pod with table, plane and routes in the order a sidecar has them, and one peer. */
final class SealedPod implements AutoCloseable, DataPlaneListener {
  static final String TUN = "seal0";
  private static final EspSuite GCM = EspSuite.aead(EncryptionAlgorithm.AES_GCM_16_128, true);

  final UserspaceDataPlane plane;
  final Firewall firewall = new Firewall();
  final CountedCrypto crypto = new CountedCrypto();
  final List<byte[]> ikeMessages = new CopyOnWriteArrayList<>();

  /** One word and its arguments for each call of the listener. */
  final List<String> events = new CopyOnWriteArrayList<>();

  /** Whether authenticated packets find no room, as in an engine under a flood. */
  volatile boolean full;

  private final Inet4Address address;
  private final int udpPort;
  private final PeerRoutes routes;

  /** In a pod of a lab. */
  static SealedPod open(Pod pod, Inet4Address peer, int udpPort) throws Exception {
    return open(pod, peer, udpPort, true);
  }

  static SealedPod open(Pod pod, Inet4Address peer, int udpPort, boolean offload) throws Exception {
    NetworkNamespace namespace = pod.namespace();
    return namespace.call(() -> new SealedPod(pod.address(), peer, udpPort, offload));
  }

  /** In the namespace of the calling thread. */
  SealedPod(Inet4Address address, Inet4Address peer, int udpPort, boolean offload) {
    this.address = address;
    this.udpPort = udpPort;
    services(peer, List.of());
    int mtu = Uplink.of(address).mtu();
    this.plane =
        UserspaceDataPlane.open(
            new UserspaceOptions(TUN, udpPort, UserspaceOptions.MARK, mtu, offload),
            crypto,
            new SecureRandom()::nextBytes,
            this,
            InstantSource.system());
    this.routes = PeerRoutes.up(TUN, address, udpPort, Firewall.SERVICE_MARK, mtu);
    plane.peers(new PeerTable(Map.of(peer, identity(peer))));
    routes.peers(Set.of(peer));
  }

  /** Puts the table in force with a peer and these routes of Services. */
  void services(Inet4Address peer, List<ServiceRoute> services) {
    firewall.apply(
        new FirewallPolicy(
            TUN,
            UserspaceOptions.MARK,
            udpPort,
            List.of(new FirewallPeer(List.of(peer), List.of(PortRule.ALL))),
            List.of(),
            List.of(),
            List.of(),
            services));
  }

  /** Installs our half of a child SA whose keys both ends know from its number. */
  int install(Inet4Address peer, int peerPort, int number) {
    return install(
        peer, peerPort, number, GCM, ChildMode.TRANSPORT, TrafficSelectors.hosts(address, peer));
  }

  int install(
      Inet4Address peer,
      int peerPort,
      int number,
      EspSuite suite,
      ChildMode mode,
      TrafficSelectors selectors) {
    int inboundSpi = spi(address, number);
    ChildSaKeys keys =
        new ChildSaKeys(
            inboundSpi,
            spi(peer, number),
            suite,
            key(suite, address, number),
            key(suite, peer, number));
    plane.install(
        new ChildSa(
            identity(peer),
            keys,
            mode,
            selectors,
            new Endpoint(peer, peerPort),
            address,
            peer,
            false));
    keys.destroy();
    return inboundSpi;
  }

  /** Both halves of an SA between two pods, carrying traffic. */
  static void connect(SealedPod a, SealedPod b, int number) {
    connect(a, b, number, GCM, ChildMode.TRANSPORT);
  }

  static void connect(SealedPod a, SealedPod b, int number, EspSuite suite, ChildMode mode) {
    TrafficSelectors hosts = TrafficSelectors.hosts(a.address, b.address);
    int spiA = a.install(b.address, b.udpPort, number, suite, mode, hosts);
    int spiB = b.install(a.address, a.udpPort, number, suite, mode, hosts.reversed());
    a.plane.selectOutbound(spiA);
    b.plane.selectOutbound(spiB);
  }

  static String identity(Inet4Address address) {
    return "pod-" + address.getHostAddress();
  }

  /** SPI and key by which {@code receiver} gets packets. */
  static int spi(Inet4Address receiver, int number) {
    return 0xc0000000 | number << 8 | (receiver.getAddress()[3] & 0xff);
  }

  private static SecretBytes key(EspSuite suite, Inet4Address receiver, int number) {
    byte[] keymat = new byte[suite.keymatLength()];
    Arrays.fill(keymat, (byte) spi(receiver, number));
    return SecretBytes.adopt(keymat);
  }

  @Override
  public void ikeReceived(byte[] message, Endpoint from) {
    ikeMessages.add(message);
    events.add("ike " + from);
  }

  @Override
  public void sealingNeeded(String peerIdentity) {
    events.add("sealing " + peerIdentity);
  }

  @Override
  public void unknownSpi(int spi, Endpoint from) {
    events.add("unknown " + Integer.toHexString(spi) + " " + from);
  }

  @Override
  public boolean firstInbound(int inboundSpi) {
    return take("first " + Integer.toHexString(inboundSpi));
  }

  @Override
  public boolean remoteMoved(int inboundSpi, Endpoint from) {
    return take("moved " + Integer.toHexString(inboundSpi) + " " + from);
  }

  private boolean take(String event) {
    boolean taken = !full;
    events.add(taken ? event : "refused " + event);
    return taken;
  }

  @Override
  public void close() {
    plane.close();
    routes.close();
  }
}
