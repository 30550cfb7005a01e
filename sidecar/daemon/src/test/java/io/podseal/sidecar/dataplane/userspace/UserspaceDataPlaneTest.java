package io.podseal.sidecar.dataplane.userspace;

import static io.podseal.sidecar.dataplane.userspace.SealedPod.TUN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.sidecar.dataplane.ChildSaStats;
import io.podseal.sidecar.dataplane.PeerTable;
import io.podseal.sidecar.lab.Echo;
import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.lab.Lab.Topology;
import io.podseal.sidecar.lab.Packets;
import io.podseal.sidecar.lab.Wire;
import io.podseal.sidecar.linux.Datagram;
import io.podseal.sidecar.linux.NativeBuffer;
import io.podseal.sidecar.linux.TunDevice;
import io.podseal.sidecar.linux.UdpSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two pods on one bridge, each with table, plane and routes, and keys fixed by the test. */
@Tag("netns")
final class UserspaceDataPlaneTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final int PORT = 4500;

  private Lab lab;
  private Pod one;
  private Pod two;
  private SealedPod a;
  private SealedPod b;

  @BeforeEach
  void build() throws Exception {
    lab = new Lab(Topology.BRIDGED, 3);
    one = lab.pod(1);
    two = lab.pod(2);
    a = SealedPod.open(one, two.address(), PORT);
    b = SealedPod.open(two, one.address(), PORT);
  }

  @AfterEach
  void tearDown() throws Exception {
    a.close();
    b.close();
    lab.close();
  }

  @Test
  void statisticsCountPayloadOfBothWays() throws Exception {
    SealedPod.connect(a, b, 1);
    Instant before = Instant.now().minusMillis(50);

    one.namespace().sh("ping -c3 -i0.2 -W2 -s 92 " + two.ip());

    ChildSaStats stats = a.plane.stats().getFirst();
    assertThat(stats.inboundSpi()).isEqualTo(SealedPod.spi(one.address(), 1));
    assertThat(stats.peerIdentity()).isEqualTo(SealedPod.identity(two.address()));
    assertThat(stats.packetsOut()).isEqualTo(3);
    assertThat(stats.bytesOut()).isEqualTo(300);
    assertThat(stats.packetsIn()).isEqualTo(3);
    assertThat(stats.bytesIn()).isEqualTo(300);
    assertThat(stats.outboundSequence()).isEqualTo(3);
    assertThat(stats.lastInbound()).hasValueSatisfying(t -> assertThat(t).isAfter(before));
    assertThat(stats.lastOutbound()).hasValueSatisfying(t -> assertThat(t).isAfter(before));
    assertThat(b.events).containsExactly("first " + hex(SealedPod.spi(two.address(), 1)));
  }

  @Test
  void packetWithDfThatDoesNotFitIsAnsweredWithTheLimit() throws Exception {
    SealedPod.connect(a, b, 1);

    // 1458 octets is the most that one sealed packet takes on a link of 1500.
    one.namespace().sh("ping -c1 -W2 -M do -s 1430 " + two.ip());
    assertThatThrownBy(() -> one.namespace().sh("ping -c1 -W2 -M do -s 1431 " + two.ip()))
        .hasMessageContaining("Frag needed and DF set (mtu = 1458)");
    assertThat(a.plane.dropped(DropReason.INNER_TOO_BIG)).isEqualTo(1);
  }

  @Test
  void mssIsClampedInThePacketEvenWhereTheRouteSaysMore() throws Exception {
    SealedPod.connect(a, b, 1);
    advertise(one, two, 9000);
    advertise(two, one, 9000);

    try (Wire inside = new Wire(two.namespace(), TUN);
        Wire back = new Wire(one.namespace(), TUN)) {
      assertThat(Echo.tcp(one, two, 100)).isTrue();

      assertThat(mssOfSyn(inside, one)).as("SYN as pod 2 sees it").isEqualTo(1418);
      assertThat(mssOfSyn(back, two)).as("SYN-ACK as pod 1 sees it").isEqualTo(1418);
      assertThat(mssOfSyn(back, one)).as("SYN as pod 1 made it").isEqualTo(9000);
    }
  }

  @Test
  void mssOfAPeerOnALargerLinkIsClampedWhereItArrives() throws Exception {
    a.close();
    one.namespace().sh("ip link set eth0 mtu 1400");
    a = SealedPod.open(one, two.address(), PORT);
    SealedPod.connect(a, b, 1);

    try (Wire inside = new Wire(one.namespace(), TUN)) {
      assertThat(Echo.tcp(two, one, 100_000)).isTrue();

      assertThat(mssOfSyn(inside, two)).isEqualTo(1318);
    }
  }

  @Test
  void largeDatagramsThatLeaveTogetherAllArrive() throws Exception {
    try (DatagramSocket receiver = two.namespace().call(() -> new DatagramSocket(7000));
        DatagramSocket sender = one.namespace().call(() -> new DatagramSocket())) {
      receiver.setSoTimeout((int) LIMIT.toMillis());
      int[] lengths = {5000, 5000, 5000, 100, 100, 5000, 100};
      for (int length : lengths) {
        sender.send(new DatagramPacket(new byte[length], length, two.address(), 7000));
      }
      await(() -> !a.events.isEmpty());
      b.install(one.address(), PORT, 1);
      a.plane.selectOutbound(a.install(two.address(), PORT, 1));

      for (int length : lengths) {
        DatagramPacket packet = new DatagramPacket(new byte[6000], 6000);
        receiver.receive(packet);
        assertThat(packet.getLength()).isEqualTo(length);
      }
      assertThat(a.plane.dropped(DropReason.SEND_FAILED)).isZero();
    }
  }

  @Test
  void packetsWaitWhenAnSaMaySendNoMoreAndLeaveOnTheNextOne() throws Exception {
    try (DatagramSocket receiver = two.namespace().call(() -> new DatagramSocket(7000));
        DatagramSocket sender = one.namespace().call(() -> new DatagramSocket())) {
      receiver.setSoTimeout((int) LIMIT.toMillis());
      b.install(one.address(), PORT, 1);
      int first = a.install(two.address(), PORT, 1);
      a.plane.selectOutbound(first);
      a.plane.stopSending(first);

      sender.send(new DatagramPacket(new byte[] {42}, 1, two.address(), 7000));
      await(() -> !a.events.isEmpty());
      assertThat(a.events).containsExactly("sealing " + SealedPod.identity(two.address()));
      assertThat(a.plane.stats().getFirst().packetsOut()).isZero();

      b.install(one.address(), PORT, 2);
      a.plane.selectOutbound(a.install(two.address(), PORT, 2));
      DatagramPacket packet = new DatagramPacket(new byte[10], 10);
      receiver.receive(packet);
      assertThat(packet.getData()[0]).isEqualTo((byte) 42);
    }
  }

  @Test
  void firstPacketsWaitForTheirSaAndArriveInOrder() throws Exception {
    try (DatagramSocket receiver = two.namespace().call(() -> new DatagramSocket(7000));
        DatagramSocket sender = one.namespace().call(() -> new DatagramSocket())) {
      receiver.setSoTimeout((int) LIMIT.toMillis());
      for (int i = 0; i < 10; i++) {
        sender.send(new DatagramPacket(new byte[] {(byte) i}, 1, two.address(), 7000));
      }
      await(() -> !a.events.isEmpty());
      assertThat(a.events).containsExactly("sealing " + SealedPod.identity(two.address()));

      b.install(one.address(), PORT, 1);
      int spi = a.install(two.address(), PORT, 1);
      assertThat(a.plane.stats().getFirst().packetsOut()).as("not selected yet").isZero();
      a.plane.selectOutbound(spi);

      for (int i = 0; i < 10; i++) {
        DatagramPacket packet = new DatagramPacket(new byte[10], 10);
        receiver.receive(packet);
        assertThat(packet.getData()[0]).isEqualTo((byte) i);
      }
    }
  }

  @Test
  void heldPacketsAreLimitedAndExpire() throws Exception {
    try (DatagramSocket sender = one.namespace().call(() -> new DatagramSocket())) {
      for (int i = 0; i < 70; i++) {
        sender.send(new DatagramPacket(new byte[8], 8, two.address(), 7000));
      }
      await(() -> a.plane.dropped(DropReason.HOLD_QUEUE_FULL) == 6);
      await(() -> a.plane.dropped(DropReason.HOLD_EXPIRED) == 64);
    }
    assertThat(a.plane.dropped(DropReason.HOLD_QUEUE_FULL)).isEqualTo(6);
  }

  @Test
  void heldPacketIsDroppedWhenItsAddressGoesToAnotherIdentity() throws Exception {
    try (DatagramSocket sender = one.namespace().call(() -> new DatagramSocket())) {
      sender.send(new DatagramPacket(new byte[8], 8, two.address(), 7000));
      await(() -> !a.events.isEmpty());

      a.plane.peers(new PeerTable(Map.of(two.address(), "somebody else")));

      await(() -> a.plane.dropped(DropReason.INNER_NOT_A_PEER) == 1);
    }
  }

  @Test
  void saOfAnIdentityThatLostItsAddressNeitherSendsNorReceives() throws Exception {
    SealedPod.connect(a, b, 1);
    one.namespace().sh("ping -c1 -W2 " + two.ip());

    a.plane.peers(new PeerTable(Map.of(two.address(), "somebody else")));

    long sent = a.plane.stats().getFirst().packetsOut();
    assertFails(two, "ping -c1 -W1 " + one.ip());
    assertFails(one, "ping -c1 -W1 " + two.ip());
    assertThat(a.plane.dropped(DropReason.ESP_UNKNOWN_SPI)).isPositive();
    assertThat(a.plane.stats().getFirst().packetsOut()).isEqualTo(sent);
    assertThat(a.events).contains("sealing somebody else");
  }

  @Test
  void removedSaIsUnknownAtOnceAndItsTrafficWaitsAgain() throws Exception {
    SealedPod.connect(a, b, 1);
    one.namespace().sh("ping -c1 -W2 " + two.ip());

    a.plane.remove(SealedPod.spi(one.address(), 1));
    a.plane.remove(SealedPod.spi(one.address(), 1));
    assertThat(a.plane.stats()).isEmpty();
    assertFails(two, "ping -c3 -i0.2 -W1 " + one.ip());

    assertThat(a.plane.dropped(DropReason.ESP_UNKNOWN_SPI)).isEqualTo(3);
    assertThat(a.events.stream().filter(e -> e.startsWith("unknown")))
        .as("reported at most once per source in 500 ms")
        .hasSizeBetween(1, 2)
        .allMatch(e -> e.equals("unknown c0000101 " + new Endpoint(two.address(), PORT)));

    SealedPod.connect(a, b, 2);
    one.namespace().sh("ping -c1 -W2 " + two.ip());
  }

  @Test
  void rekeyLosesNothingOfAFlow() throws Exception {
    SealedPod.connect(a, b, 1);
    Process ping = one.namespace().start("ping", "-q", "-i0.005", "-c400", "-W2", two.ip());
    for (int number = 2; number < 12; number++) {
      int seen = number - 1;
      await(() -> b.events.contains("first " + hex(SealedPod.spi(two.address(), seen))));
      SealedPod.connect(a, b, number);
    }
    String output = new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(output).contains("400 received, 0% packet loss");
  }

  @Test
  void packetFromAnotherUdpAddressIsReportedOnceAndFollowedOnlyWhenTold() throws Exception {
    b.close();
    b = SealedPod.open(two, one.address(), 4600);
    int spiA = a.install(two.address(), PORT, 1);
    int spiB = b.install(one.address(), PORT, 1);
    a.plane.selectOutbound(spiA);
    b.plane.selectOutbound(spiB);

    assertFails(two, "ping -c2 -i0.2 -W1 " + one.ip());
    Endpoint moved = new Endpoint(two.address(), 4600);
    assertThat(a.events).containsExactly("first " + hex(spiA), "moved " + hex(spiA) + " " + moved);

    a.plane.remote(spiA, moved);
    two.namespace().sh("ping -c2 -i0.2 -W2 " + one.ip());
    assertThat(a.events).as("no news any more").hasSize(2);
  }

  @Test
  void whatTheListenerHadNoRoomForIsReportedAgainByALaterPacket() throws Exception {
    b.close();
    b = SealedPod.open(two, one.address(), 4600);
    int spiA = a.install(two.address(), PORT, 1);
    a.plane.selectOutbound(spiA);
    b.plane.selectOutbound(b.install(one.address(), PORT, 1));
    String first = "first " + hex(spiA);
    String moved = "moved " + hex(spiA) + " " + new Endpoint(two.address(), 4600);
    a.full = true;

    assertFails(two, "ping -c1 -W1 " + one.ip());
    assertThat(a.events).containsExactly("refused " + first, "refused " + moved);
    a.full = false;
    assertFails(two, "ping -c2 -i0.2 -W1 " + one.ip());

    assertThat(a.events.subList(2, a.events.size())).containsExactly(first, moved);
  }

  @Test
  void ikeMessagesPassBesideEspAndKeepalivesAreCounted() throws Exception {
    byte[] message = new byte[3000];
    new Random(5).nextBytes(message);

    assertThat(a.plane.sendIke(message, new Endpoint(two.address(), PORT))).isTrue();
    a.plane.sendKeepalive(new Endpoint(two.address(), PORT));

    await(() -> b.plane.dropped(DropReason.KEEPALIVE) == 1);
    assertThat(b.ikeMessages).hasSize(1);
    assertThat(b.ikeMessages.getFirst()).isEqualTo(message);
    assertThat(b.events).containsExactly("ike " + new Endpoint(one.address(), PORT));
  }

  @Test
  void ofAnIkeMessageThatIsTooLongJustEnoughIsKeptToRefuseIt() throws Exception {
    assertThat(a.plane.sendIke(new byte[60_000], new Endpoint(two.address(), PORT))).isTrue();

    await(() -> !b.ikeMessages.isEmpty());
    assertThat(b.ikeMessages.getFirst()).hasSize(MessageDecoder.MAX_LENGTH + 1);
  }

  @Test
  void replayedAndForgedDatagramsAreCountedByReason() throws Exception {
    SealedPod.connect(a, b, 1);
    Pod stranger = lab.pod(3);
    byte[] esp;
    try (Wire wire = new Wire(lab.node(), "veth1")) {
      one.namespace().sh("ping -c1 -W2 " + two.ip());
      wire.finish();
      byte[] packet = wire.sealedBetween(one, two).getFirst();
      esp = Arrays.copyOfRange(packet, 28, packet.length);
    }

    try (UdpSocket attacker = stranger.namespace().call(() -> UdpSocket.bind(0, 0, 1 << 20))) {
      send(attacker, two, esp);
      byte[] forged = esp.clone();
      forged[7] = 9;
      send(attacker, two, forged);
      send(attacker, two, new byte[] {0, 0, 1, 0, 5});
      byte[] unknown = esp.clone();
      unknown[0] = 0x11;
      send(attacker, two, unknown);
      send(attacker, two, new byte[] {1});

      await(() -> b.plane.dropped(DropReason.DATAGRAM_TOO_SHORT) == 1);
    }
    assertThat(b.plane.dropped(DropReason.ESP_REPLAY)).isEqualTo(1);
    assertThat(b.plane.dropped(DropReason.ESP_INTEGRITY)).isEqualTo(1);
    assertThat(b.plane.dropped(DropReason.ESP_UNKNOWN_SPI)).isEqualTo(2);
    assertThat(b.events)
        .as("a stranger is no news")
        .noneMatch(e -> e.startsWith("moved") || e.startsWith("unknown"));
  }

  @Test
  void nothingFromPortZeroIsTakenEvenIfItIsAuthentic() throws Exception {
    a.plane.selectOutbound(a.install(two.address(), 4600, 1));
    int spi = b.install(one.address(), PORT, 1);
    b.plane.selectOutbound(spi);
    byte[] esp;
    try (Wire wire = new Wire(lab.node(), "veth1")) {
      assertFails(one, "ping -c1 -W1 " + two.ip());
      wire.finish();
      byte[] packet = wire.packets().stream().filter(p -> p[9] == 17).findFirst().orElseThrow();
      esp = Arrays.copyOfRange(packet, 28, packet.length);
    }
    byte[] ike = new byte[32];
    Inet4Address source = Lab.ipv4("10.99.0.9");

    try (TunDevice link = two.namespace().call(() -> TunDevice.open("link0", false))) {
      two.namespace().sh("ip addr add 10.99.0.1/24 dev link0; ip link set link0 up");
      inject(link, Packets.udp(source, 0, two.address(), PORT, esp));
      inject(link, Packets.udp(source, 0, two.address(), PORT, ike));
      await(() -> b.plane.dropped(DropReason.DATAGRAM_SOURCE_PORT) == 2);
      assertThat(b.events).isEmpty();
      assertThat(b.plane.stats().getFirst().packetsIn()).isZero();

      inject(link, Packets.udp(source, 1, two.address(), PORT, esp));
      inject(link, Packets.udp(source, 1, two.address(), PORT, ike));
      await(() -> b.events.size() == 3);
    }
    Endpoint from = new Endpoint(source, 1);
    assertThat(b.events)
        .containsExactly("first " + hex(spi), "moved " + hex(spi) + " " + from, "ike " + from);
  }

  @Test
  void packetWithASourceThatIsNotThePodsIsNotSealed() throws Exception {
    SealedPod.connect(a, b, 1);
    one.namespace().sh("ip addr add 10.99.0.1/32 dev lo");

    assertFails(one, "ping -c1 -W1 -I 10.99.0.1 " + two.ip());

    assertThat(a.plane.dropped(DropReason.INNER_WRONG_SOURCE)).isEqualTo(1);
  }

  @Test
  void cve_2026_31663_keysAreDestroyedWhenTheirSaGoesEvenUnderTraffic() throws Exception {
    SealedPod.connect(a, b, 1);
    Process ping = one.namespace().start("ping", "-q", "-i0.002", "-c200", "-W1", two.ip());
    for (int number = 2; number < 40; number++) {
      SealedPod.connect(a, b, number);
      a.plane.remove(SealedPod.spi(one.address(), number - 1));
      b.plane.remove(SealedPod.spi(two.address(), number - 1));
    }
    ping.destroy();

    await(() -> a.crypto.liveCiphers.get() == 2 && b.crypto.liveCiphers.get() == 2);
    a.plane.close();
    assertThat(a.crypto.liveCiphers).hasValue(0);
  }

  @Test
  void inboundSpiInUseIsOurBug() throws Exception {
    a.install(two.address(), PORT, 1);

    assertThatThrownBy(() -> a.install(two.address(), PORT, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("c0000101");
  }

  @Test
  void closedPlaneSendsNothingAndLeavesNoDevice() throws Exception {
    SealedPod.connect(a, b, 1);

    a.plane.close();
    a.plane.close();

    assertThat(a.plane.sendIke(new byte[40], new Endpoint(two.address(), PORT))).isFalse();
    a.plane.peers(PeerTable.EMPTY);
    assertThat(one.namespace().sh("ip -o link")).doesNotContain(TUN);
  }

  @Test
  void killedProcessLeavesTheSealAndItsSuccessorTakesOver() throws Exception {
    a.close();
    b.plane.selectOutbound(b.install(one.address(), PORT, 1));
    Process daemon = startDaemon();
    one.namespace().sh("ping -c1 -W2 " + two.ip());

    daemon.destroyForcibly().waitFor();

    try (Wire wire = new Wire(lab.node(), "veth1")) {
      assertThat(one.namespace().sh("ip -o link")).doesNotContain(TUN);
      assertFails(one, "ping -c1 -W1 " + two.ip());
      assertFails(two, "ping -c1 -W1 " + one.ip());
      assertThat(Echo.tcp(one, two, 10)).isFalse();
      assertThat(wire.clearBetween(one, two)).isEmpty();
    }

    b.plane.remove(SealedPod.spi(two.address(), 1));
    b.plane.selectOutbound(b.install(one.address(), PORT, 1));
    Process successor = startDaemon();
    one.namespace().sh("ping -c1 -W2 " + two.ip());
    successor.destroyForcibly().waitFor();
  }

  /** Pod 1's sidecar in a process of its own. */
  private Process startDaemon() throws Exception {
    Process daemon =
        one.namespace()
            .start(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                PodMain.class.getName(),
                one.ip(),
                two.ip());
    BufferedReader output =
        new BufferedReader(new InputStreamReader(daemon.getInputStream(), StandardCharsets.UTF_8));
    String line = output.readLine();
    if (!"ready".equals(line)) {
      daemon.destroyForcibly();
      throw new IOException(line + " " + output.lines().toList());
    }
    return daemon;
  }

  /** Opens a sealed pod in the namespace it was started in and waits to be killed. */
  static final class PodMain {
    public static void main(String[] args) throws Exception {
      SealedPod pod = new SealedPod(Lab.ipv4(args[0]), Lab.ipv4(args[1]), PORT, true);
      pod.plane.selectOutbound(pod.install(Lab.ipv4(args[1]), PORT, 1));
      System.out.println("ready");
      Thread.currentThread().join();
    }
  }

  private static void advertise(Pod pod, Pod peer, int mss) throws Exception {
    pod.namespace()
        .sh(
            "ip route change table 4500 %s dev %s src %s mtu lock 65480 advmss %d"
                .formatted(peer.ip(), TUN, pod.ip(), mss));
  }

  private static int mssOfSyn(Wire wire, Pod from) {
    byte[] source = from.address().getAddress();
    return wire.packets().stream()
        .filter(p -> p[9] == 6 && (p[33] & 0x02) != 0)
        .filter(p -> Arrays.equals(Arrays.copyOfRange(p, 12, 16), source))
        .mapToInt(p -> ByteBuffer.wrap(p).getShort(42) & 0xffff)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no SYN from " + from.ip()));
  }

  private static void send(UdpSocket socket, Pod to, byte[] payload) {
    Datagram datagram = new Datagram(payload.length);
    datagram.payload().write(0, payload, 0, payload.length);
    datagram.to(UdpAddress.toInt(to.address()), PORT);
    assertThat(socket.send(datagram, payload.length)).isTrue();
  }

  /** Lets a packet arrive by a link of the test. */
  private static void inject(TunDevice link, byte[] packet) {
    int length = VirtioHeader.LENGTH + packet.length;
    NativeBuffer buffer = new NativeBuffer(length);
    buffer.write(VirtioHeader.LENGTH, packet, 0, packet.length);
    assertThat(link.write(buffer, length)).isTrue();
  }

  private static void assertFails(Pod in, String command) {
    assertThatThrownBy(() -> in.namespace().sh(command)).isInstanceOf(IOException.class);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static String hex(int spi) {
    return Integer.toHexString(spi);
  }
}
