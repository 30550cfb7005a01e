package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.sidecar.firewall.Counter;
import io.podseal.sidecar.firewall.ServiceRoute;
import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.lab.Lab.Topology;
import io.podseal.sidecar.lab.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pod 1 asks the address of a Service; pod 2 is its peer, pod 3 a stranger. */
@Tag("netns")
final class SealedServicesTest {
  private static final Inet4Address SERVICE = Lab.ipv4("10.96.0.7");
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int LIMIT_MILLIS = 3000;

  private Lab lab;
  private Pod one;
  private Pod two;
  private Pod three;
  private SealedPod a;
  private SealedPod b;
  private Wire wire;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab(Topology.BRIDGED, 3);
    one = lab.pod(1);
    two = lab.pod(2);
    three = lab.pod(3);
    lab.node().sh("ip addr add 10.8.0.254/24 dev br0");
    one.namespace().sh("ip route add default via 10.8.0.254");
    a = SealedPod.open(one, two.address(), 4500);
    b = SealedPod.open(two, one.address(), 4500);
    SealedPod.connect(a, b, 1);
    wire = new Wire(lab.node(), "veth1");
  }

  @AfterEach
  void tearDown() throws Exception {
    wire.close();
    a.close();
    b.close();
    lab.close();
  }

  @Test
  void aConnectionToAServiceReachesThePeerThroughTheSeal() throws Exception {
    lab.reversePathFilter(1);
    services(route(TCP, two));

    try (ServerSocket server = two.namespace().call(() -> new ServerSocket(8080));
        Socket client = connected();
        Socket accepted = server.accept()) {
      byte[] large = new byte[3_000_000];
      Thread.ofVirtual().start(() -> write(client, large));

      assertThat(accepted.getInputStream().readNBytes(large.length)).isEqualTo(large);
      assertThat(accepted.getInetAddress()).isEqualTo(one.address());
      assertThat(client.getInetAddress()).as("as the application sees it").isEqualTo(SERVICE);
    }
    assertSealed();
  }

  @Test
  void datagramsToAServiceAndTheirAnswersAreSealed() throws Exception {
    services(route(UDP, two));

    try (DatagramSocket server = bound(two);
        DatagramSocket client = one.namespace().call(() -> new DatagramSocket())) {
      client.connect(SERVICE, 80);
      assertThat(echo(client, server, 5000)).isTrue();
    }
    assertSealed();
  }

  @Test
  void everyBackendIsChosenAndAStrangersIsReachedInClear() throws Exception {
    services(route(TCP, two, three));
    List<InetAddress> reached = new ArrayList<>();

    try (ServerSocket peer = two.namespace().call(() -> new ServerSocket(8080));
        ServerSocket stranger = three.namespace().call(() -> new ServerSocket(8080))) {
      for (int i = 0; i < 64 && Set.copyOf(reached).size() < 2; i++) {
        reached.addAll(connection(peer, stranger));
      }
    }
    assertThat(reached).contains(two.address(), three.address());
    assertSealed();
    assertThat(wire.clearBetween(one, three)).isNotEmpty();
  }

  @Test
  void aStickyServiceAlwaysLeadsToTheSameBackend() throws Exception {
    services(new ServiceRoute(SERVICE, TCP, 80, true, backends(two, three)));

    try (ServerSocket peer = two.namespace().call(() -> new ServerSocket(8080));
        ServerSocket stranger = three.namespace().call(() -> new ServerSocket(8080))) {
      List<InetAddress> reached = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        reached.addAll(connection(peer, stranger));
      }
      assertThat(reached).hasSize(12);
      assertThat(new HashSet<>(reached)).hasSize(1);
    }
  }

  @Test
  void aServiceWithoutAReadyBackendRefusesAndSendsNothing() throws Exception {
    services(new ServiceRoute(SERVICE, TCP, 80, false, List.of()));

    assertThatThrownBy(this::connected).isInstanceOf(ConnectException.class);

    assertThat(one.namespace().call(a.firewall::counters).get(Counter.SERVICE)).isPositive();
    wire.close();
    assertThat(toService(wire)).isEmpty();
  }

  @Test
  void aConnectionOlderThanTheKnowledgeOfAPeerIsReset() throws Exception {
    // The node stands for kube-proxy: the peer is reached without being known.
    lab.node().sh("ip addr add 10.96.0.7/32 dev br0");
    try (ServerSocket server = lab.node().call(() -> new ServerSocket(80, 1, SERVICE));
        Socket client = connected();
        Socket accepted = server.accept()) {
      assertThat(accepted.isConnected()).isTrue();
      services(route(TCP, two));
      Wire after = new Wire(lab.node(), "veth1");
      client.setSoTimeout(LIMIT_MILLIS);
      write(client, new byte[] {1});

      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(SocketTimeoutException.class);
      after.close();
      assertThat(toService(after)).isEmpty();
    }
  }

  @Test
  void aConnectionWhosePeerIsGoneIsResetWhateverTheServiceHasInItsPlace() throws Exception {
    services(route(TCP, two));
    try (ServerSocket server = two.namespace().call(() -> new ServerSocket(8080));
        Socket client = connected();
        Socket accepted = server.accept()) {
      assertThat(accepted.isConnected()).isTrue();
      // Pod 2 is nobody's any more, pod 3 a peer in its place.
      one.namespace()
          .call(() -> {
            a.services(three.address(), List.of(route(TCP, three)));
            return true;
          });
      client.setSoTimeout(LIMIT_MILLIS);
      write(client, new byte[] {1});

      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(SocketTimeoutException.class);
    }
    assertSealed();
  }

  @Test
  void aFlowOfDatagramsMovesToAnotherBackendAndNeverInClearToTheOld() throws Exception {
    services(route(UDP, two));
    try (DatagramSocket server = bound(two);
        DatagramSocket heir = bound(three);
        DatagramSocket client = one.namespace().call(() -> new DatagramSocket())) {
      client.connect(SERVICE, 80);
      assertThat(echo(client, server, 100)).isTrue();

      // The old peer is gone, and its address may be anybody's; the new backend is no peer.
      one.namespace()
          .call(() -> {
            a.services(Lab.ipv4("10.8.0.99"), List.of(route(UDP, three)));
            return true;
          });

      assertThat(echo(client, heir, 100)).isTrue();
    }
    assertSealed();
  }

  @Test
  void aFlowOfDatagramsOlderThanTheKnowledgeOfAPeerIsSealedFromThen() throws Exception {
    try (DatagramSocket server = bound(two);
        DatagramSocket client = one.namespace().call(() -> new DatagramSocket())) {
      client.connect(SERVICE, 80);
      client.send(new DatagramPacket(new byte[10], 10));
      services(route(UDP, two));

      assertThat(echo(client, server, 100)).isTrue();
    }
  }

  private void services(ServiceRoute... routes) throws Exception {
    one.namespace()
        .call(() -> {
          a.services(two.address(), List.of(routes));
          return true;
        });
  }

  private static ServiceRoute route(int protocol, Pod... backends) {
    return new ServiceRoute(SERVICE, protocol, 80, false, backends(backends));
  }

  private static List<ServiceRoute.Backend> backends(Pod... pods) {
    return Stream.of(pods).map(pod -> new ServiceRoute.Backend(pod.address(), 8080)).toList();
  }

  private Socket connected() throws Exception {
    return one.namespace()
        .call(() -> {
          Socket socket = new Socket();
          socket.connect(new InetSocketAddress(SERVICE, 80), LIMIT_MILLIS);
          return socket;
        });
  }

  /** Where a new connection to the Service arrives. */
  private List<InetAddress> connection(ServerSocket... servers) throws Exception {
    connected().close();
    List<InetAddress> reached = new ArrayList<>();
    for (ServerSocket server : servers) {
      server.setSoTimeout(100);
      try (Socket accepted = server.accept()) {
        reached.add(accepted.getLocalAddress());
      } catch (SocketTimeoutException e) {
        assertThat(reached).hasSizeLessThan(servers.length);
      }
    }
    return reached;
  }

  private static DatagramSocket bound(Pod pod) throws Exception {
    DatagramSocket socket = pod.namespace().call(() -> new DatagramSocket(8080));
    socket.setSoTimeout(LIMIT_MILLIS);
    return socket;
  }

  /** There and back; the first datagrams may meet a flow that ends. */
  private static boolean echo(DatagramSocket client, DatagramSocket server, int length)
      throws IOException {
    client.setSoTimeout(LIMIT_MILLIS);
    client.send(new DatagramPacket(new byte[length], length));
    DatagramPacket there = new DatagramPacket(new byte[65_535], 65_535);
    server.receive(there);
    server.send(there);
    DatagramPacket back = new DatagramPacket(new byte[65_535], 65_535);
    client.receive(back);
    return back.getLength() == length;
  }

  private static void write(Socket socket, byte[] octets) {
    try {
      socket.getOutputStream().write(octets);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What left the pod for the address of the Service. */
  private static List<byte[]> toService(Wire wire) {
    byte[] address = SERVICE.getAddress();
    return wire.packets().stream().filter(p -> Arrays.equals(p, 16, 20, address, 0, 4)).toList();
  }

  private void assertSealed() {
    // All that passed has been read once the watcher was told of everything before.
    wire.close();
    assertThat(wire.sealedBetween(one, two)).isNotEmpty();
    assertThat(wire.clearBetween(one, two)).isEmpty();
    assertThat(toService(wire)).isEmpty();
  }
}
