package io.podseal.sidecar.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.lab.Packets;
import io.podseal.sidecar.linux.Datagram;
import io.podseal.sidecar.linux.NativeBuffer;
import io.podseal.sidecar.linux.TunDevice;
import io.podseal.sidecar.linux.UdpSocket;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the table lets through, asked of the kernel: pod 1 has the table, pod 2 is its peer, pod 3 a
 * stranger.
 */
@Tag("netns")
final class FirewallTest {
  private static final int MARK = 0x504f;
  private static final int TIMEOUT_MILLIS = 400;
  private static final String TUN = "seal0";
  private static final PortRule WEB = new PortRule(6, 8080, 0);

  private Lab lab;
  private Pod pod;
  private Pod peer;
  private Pod stranger;
  private final Firewall firewall = new Firewall();

  @BeforeEach
  void build() throws Exception {
    lab = new Lab(Lab.Topology.BRIDGED, 3);
    pod = lab.pod(1);
    peer = lab.pod(2);
    stranger = lab.pod(3);
  }

  @AfterEach
  void tearDown() throws Exception {
    lab.close();
  }

  @Test
  void withoutATableEverybodyReachesEverybody() throws Exception {
    assertThat(reaches(peer, pod, 8080)).isTrue();
    assertThat(pings(pod, peer)).isTrue();
  }

  @Test
  void clearPacketsFromAPeerAreDroppedAndCounted() throws Exception {
    apply(List.of(), List.of());

    assertThat(reaches(peer, pod, 8080)).isFalse();
    assertThat(pings(peer, pod)).isFalse();
    assertThat(count(Counter.CLEAR_IN)).isGreaterThanOrEqualTo(2);
    assertThat(reaches(stranger, pod, 8080)).isTrue();
  }

  @Test
  void clearPacketsToAPeerAreDroppedAndCounted() throws Exception {
    apply(List.of(), List.of());

    assertThat(pings(pod, peer)).isFalse();
    assertThat(reaches(pod, peer, 8080)).isFalse();
    assertThat(count(Counter.CLEAR_OUT)).isGreaterThanOrEqualTo(2);
    assertThat(pings(pod, stranger)).isTrue();
  }

  @Test
  void ikeAndEspFromAPeerPassFromAnySourcePort() throws Exception {
    apply(List.of(), List.of());

    for (int port : new int[] {500, 4500}) {
      try (UdpSocket daemon = pod.namespace().call(() -> UdpSocket.bind(port, MARK, 1 << 20));
          UdpSocket behindNapt = peer.namespace().call(() -> UdpSocket.bind(0, 0, 1 << 20))) {
        assertThat(sendTo(behindNapt, pod, port)).isTrue();
        assertThat(received(daemon)).as("UDP %s", port).isTrue();
      }
    }
    assertThat(count(Counter.CLEAR_IN)).isZero();
  }

  @Test
  void onlyTheMarkedSocketOfTheDaemonSendsToAPeer() throws Exception {
    apply(List.of(), List.of());

    try (UdpSocket receiver = peer.namespace().call(() -> UdpSocket.bind(4500, 0, 1 << 20))) {
      try (UdpSocket daemon = pod.namespace().call(() -> UdpSocket.bind(4500, MARK, 1 << 20))) {
        assertThat(sendTo(daemon, peer, 4500)).isTrue();
        assertThat(received(receiver)).isTrue();
      }
      try (UdpSocket impostor = pod.namespace().call(() -> UdpSocket.bind(4500, 0, 1 << 20))) {
        assertThat(sendTo(impostor, peer, 4500)).as("no mark").isFalse();
      }
      try (UdpSocket otherPort = pod.namespace().call(() -> UdpSocket.bind(4501, MARK, 1 << 20))) {
        assertThat(sendTo(otherPort, peer, 4500)).as("other source port").isFalse();
      }
      assertThat(count(Counter.CLEAR_OUT)).isEqualTo(2);
    }
  }

  @Test
  void largeDatagramsOfTheDaemonPassAsFragments() throws Exception {
    apply(List.of(), List.of());
    peerTable(peer, pod);

    try (UdpSocket daemon = pod.namespace().call(() -> UdpSocket.bind(4500, MARK, 1 << 20));
        UdpSocket receiver = peer.namespace().call(() -> UdpSocket.bind(4500, MARK, 1 << 20))) {
      Datagram large = new Datagram(20_000);
      large.to(ByteBuffer.wrap(peer.address().getAddress()).getInt(), 4500);

      assertThat(daemon.send(large, 20_000)).isTrue();
      assertThat(received(receiver)).isTrue();
    }
  }

  @Test
  void strictPortIsClosedToStrangersInClearButNotToLoopback() throws Exception {
    apply(List.of(), List.of(WEB));

    assertThat(reaches(stranger, pod, 8080)).isFalse();
    assertThat(count(Counter.STRICT_PORT)).isPositive();
    assertThat(reaches(stranger, pod, 8081)).isTrue();
    assertThat(reaches(pod, pod, 8080)).isTrue();
    assertThat(pings(stranger, pod)).isTrue();
  }

  @Test
  void strictPortDoesNotCutRepliesToConnectionsThePodOpened() throws Exception {
    apply(List.of(), List.of(PortRule.ALL));

    assertThat(reaches(pod, stranger, 9000)).isTrue();
    assertThat(pings(pod, stranger)).isTrue();
    assertThat(reaches(stranger, pod, 9000)).isFalse();
    assertThat(pings(stranger, pod)).isFalse();
  }

  @Test
  void strictPortCutsConnectionsThatStrangersOpenedBefore() throws Exception {
    apply(List.of(), List.of(new PortRule(6, 1, 0)));
    try (ServerSocket server = pod.namespace().call(() -> new ServerSocket(8080));
        Socket client = stranger.namespace().call(() -> new Socket(pod.address(), 8080));
        Socket accepted = server.accept()) {
      accepted.setSoTimeout(TIMEOUT_MILLIS);
      client.getOutputStream().write(1);
      assertThat(accepted.getInputStream().read()).isEqualTo(1);

      apply(List.of(), List.of(WEB));
      client.getOutputStream().write(2);

      assertThatThrownBy(() -> accepted.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void strictAllLeavesIkeAndTheOpenPortsOfTheDaemon() throws Exception {
    apply(List.of(), List.of(PortRule.ALL));

    assertThat(reaches(stranger, pod, 9808)).isTrue();
    assertThat(reaches(peer, pod, 9808)).as("a peer is sealed on every port").isFalse();
    try (UdpSocket daemon = pod.namespace().call(() -> UdpSocket.bind(4500, MARK, 1 << 20));
        UdpSocket natted = stranger.namespace().call(() -> UdpSocket.bind(0, 0, 1 << 20))) {
      sendTo(natted, pod, 4500);
      assertThat(received(daemon)).isTrue();
    }
  }

  @Test
  void clearFlowPassesToAPeerAndBackButNothingElseDoes() throws Exception {
    FirewallPolicy policy =
        new FirewallPolicy(
            TUN,
            MARK,
            4500,
            List.of(new FirewallPeer(List.of(peer.address()), List.of())),
            List.of(),
            List.of(),
            List.of(new ClearFlow(peer.address(), 6, 53)),
            List.of());
    pod.namespace().call(() -> applied(policy));

    assertThat(reaches(pod, peer, 53)).isTrue();
    assertThat(reaches(pod, peer, 54)).isFalse();
    assertThat(reaches(peer, pod, 53)).isFalse();
  }

  @Test
  void decryptedPacketsMeetTheIngressRulesOfTheirPeer() throws Exception {
    apply(List.of(WEB, new PortRule(17, 6000, 6010)), List.of());
    Inet4Address from = peer.address();
    Inet4Address to = pod.address();

    try (TunDevice tun = tun()) {
      long refused = count(Counter.INGRESS_REFUSED);
      write(tun, Packets.tcp(from, 1000, to, 8080, Packets.SYN, new byte[0]));
      write(tun, Packets.udp(from, 1000, to, 6005, new byte[4]));
      write(tun, Packets.echoRequest(from, to, 8));
      assertThat(count(Counter.INGRESS_REFUSED)).isEqualTo(refused);

      write(tun, Packets.tcp(from, 1000, to, 8081, Packets.SYN, new byte[0]));
      write(tun, Packets.udp(from, 1000, to, 6011, new byte[4]));
      write(tun, Packets.ipv4(from, to, 47, 0, new byte[8], -1));
      assertThat(count(Counter.INGRESS_REFUSED)).isEqualTo(refused + 3);
    }
  }

  @Test
  void peerWithEveryPortReachesEveryProtocol() throws Exception {
    apply(List.of(PortRule.ALL), List.of());

    try (TunDevice tun = tun()) {
      write(tun, Packets.ipv4(peer.address(), pod.address(), 47, 0, new byte[8], -1));
      write(tun, Packets.udp(peer.address(), 1, pod.address(), 9, new byte[4]));
      assertThat(count(Counter.INGRESS_REFUSED)).isZero();
      assertThat(count(Counter.TUN_SOURCE)).isZero();
    }
  }

  @Test
  void decryptedRepliesPassWithoutAnyIngressRule() throws Exception {
    apply(List.of(), List.of());

    try (TunDevice tun = tun();
        UdpSocket client = pod.namespace().call(() -> UdpSocket.bind(7000, 0, 1 << 20))) {
      pod.namespace().sh("ip route add %s dev %s".formatted(peer.ip(), TUN));
      assertThat(sendTo(client, peer, 53)).isTrue();

      write(tun, Packets.udp(peer.address(), 53, pod.address(), 7000, new byte[4]));
      assertThat(received(client)).isTrue();

      write(tun, Packets.udp(peer.address(), 54, pod.address(), 7000, new byte[4]));
      assertThat(count(Counter.INGRESS_REFUSED)).as("no reply: another port").isEqualTo(1);
    }
  }

  @Test
  void decryptedPacketsFromOthersThanPeersAreDropped() throws Exception {
    apply(List.of(PortRule.ALL), List.of());

    try (TunDevice tun = tun()) {
      write(tun, Packets.udp(stranger.address(), 1, pod.address(), 9, new byte[4]));
      assertThat(count(Counter.TUN_SOURCE)).isEqualTo(1);
    }
  }

  @Test
  void nothingOfAPeerIsForwarded() throws Exception {
    pod.namespace().sysctl("net.ipv4.ip_forward", "1");
    pod.namespace().sh("echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects");
    stranger.namespace().sh("ip route add %s via %s".formatted(peer.ip(), pod.ip()));
    assertThat(pings(stranger, peer)).isTrue();

    apply(List.of(), List.of());

    assertThat(pings(stranger, peer)).isFalse();
    assertThat(count(Counter.FORWARDED)).isPositive();
  }

  @Test
  void ipv6OfAPeerIsDroppedBothWaysWhileNeighboursAreFound() throws Exception {
    pod.namespace().sh("ip addr add fd00:8::1/64 dev eth0 nodad");
    peer.namespace().sh("ip addr add fd00:8::2/64 dev eth0 nodad");
    FirewallPolicy policy =
        new FirewallPolicy(
            TUN,
            MARK,
            4500,
            List.of(
                new FirewallPeer(
                    List.of(peer.address(), InetAddress.getByName("fd00:8::2")), List.of())),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    pod.namespace().call(() -> applied(policy));

    assertThat(succeeds(peer, "ping -6 -c1 -W1 fd00:8::1")).isFalse();
    assertThat(succeeds(pod, "ping -6 -c1 -W1 fd00:8::2")).isFalse();
    assertThat(count(Counter.IPV6_IN)).isPositive();
    assertThat(count(Counter.IPV6_OUT)).isPositive();
    assertThat(peer.namespace().sh("ip -6 neigh show fd00:8::1")).contains("lladdr");
  }

  @Test
  void newPolicyTakesThePlaceOfTheOldAndOfWhatAPredecessorLeft() throws Exception {
    peerTable(pod, peer);
    assertThat(pings(pod, peer)).as("a predecessor's table").isFalse();
    apply(List.of(), List.of(WEB));
    pings(pod, peer);
    long before = count(Counter.CLEAR_OUT);
    assertThat(before).isPositive();

    FirewallPolicy none =
        new FirewallPolicy(TUN, MARK, 4500, List.of(), List.of(), List.of(), List.of(), List.of());
    pod.namespace().call(() -> applied(none));

    assertThat(pings(pod, peer)).isTrue();
    assertThat(reaches(stranger, pod, 8080)).isTrue();
    assertThat(count(Counter.CLEAR_OUT)).as("counters outlive the table").isEqualTo(before);
    assertThat(pod.namespace().sh("nft list tables")).isEqualTo("table inet podseal");
  }

  @Test
  void whatNftSaysIsInTheError() {
    FirewallPolicy twoManyForNft =
        new FirewallPolicy(
            "-",
            MARK,
            4500,
            List.of(),
            List.of(new PortRule(0, 0, 0)),
            List.of(70_000),
            List.of(),
            List.of());

    assertThatThrownBy(() -> pod.namespace().call(() -> applied(twoManyForNft)))
        .isInstanceOf(FirewallException.class)
        .hasMessageContaining("nft refused the table")
        .hasMessageContaining("70000");
  }

  private void apply(List<PortRule> ingress, List<PortRule> strictPorts) throws Exception {
    FirewallPolicy policy =
        new FirewallPolicy(
            TUN,
            MARK,
            4500,
            List.of(new FirewallPeer(List.of(peer.address()), ingress)),
            strictPorts,
            List.of(9808),
            List.of(),
            List.of());
    pod.namespace().call(() -> applied(policy));
  }

  /** The same table in another pod, about a peer. */
  private static void peerTable(Pod in, Pod about) throws Exception {
    FirewallPolicy policy =
        new FirewallPolicy(
            TUN,
            MARK,
            4500,
            List.of(new FirewallPeer(List.of(about.address()), List.of())),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    in.namespace()
        .call(() -> {
          new Firewall().apply(policy);
          return true;
        });
  }

  private boolean applied(FirewallPolicy policy) {
    firewall.apply(policy);
    return true;
  }

  private long count(Counter counter) throws Exception {
    return pod.namespace().call(() -> firewall.counters().get(counter));
  }

  private TunDevice tun() throws Exception {
    TunDevice tun = pod.namespace().call(() -> TunDevice.open(TUN, false));
    pod.namespace().sh("ip link set %s addrgenmode none; ip link set %s up".formatted(TUN, TUN));
    pod.namespace().sh("echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter");
    pod.namespace().sh("echo 0 > /proc/sys/net/ipv4/conf/%s/rp_filter".formatted(TUN));
    return tun;
  }

  private static void write(TunDevice tun, byte[] packet) {
    int virtioHeader = 10;
    NativeBuffer buffer = new NativeBuffer(virtioHeader + packet.length);
    buffer.write(0, new byte[virtioHeader], 0, virtioHeader);
    buffer.write(virtioHeader, packet, 0, packet.length);
    assertThat(tun.write(buffer, virtioHeader + packet.length)).isTrue();
  }

  private static boolean pings(Pod from, Pod to) throws Exception {
    return succeeds(from, "ping -c1 -W1 " + to.ip());
  }

  private static boolean succeeds(Pod in, String command) throws Exception {
    try {
      in.namespace().sh(command);
      return true;
    } catch (IOException failed) {
      return false;
    }
  }

  /** Whether a TCP connection gets through. */
  private static boolean reaches(Pod from, Pod to, int port) throws Exception {
    try (ServerSocket server = to.namespace().call(() -> listening(port))) {
      return from.namespace()
          .call(() -> {
            try (Socket socket = new Socket()) {
              socket.connect(new InetSocketAddress(to.address(), port), TIMEOUT_MILLIS);
              return server.isBound();
            } catch (IOException refused) {
              return false;
            }
          });
    }
  }

  /** A connection that the last listener did not accept may hold the port for a moment. */
  private static ServerSocket listening(int port) throws IOException {
    long deadline = System.nanoTime() + TIMEOUT_MILLIS * 1_000_000L;
    while (true) {
      try {
        return new ServerSocket(port);
      } catch (BindException inUse) {
        if (System.nanoTime() > deadline) {
          throw inUse;
        }
        Thread.onSpinWait();
      }
    }
  }

  private static boolean sendTo(UdpSocket socket, Pod to, int port) {
    Datagram datagram = new Datagram(100);
    datagram.to(ByteBuffer.wrap(to.address().getAddress()).getInt(), port);
    return socket.send(datagram, 50);
  }

  private static boolean received(UdpSocket socket) {
    Datagram datagram = new Datagram(Datagram.MAX_LENGTH);
    long deadline = System.nanoTime() + TIMEOUT_MILLIS * 1_000_000L;
    while (System.nanoTime() < deadline) {
      if (socket.receive(datagram) > 0) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }
}
