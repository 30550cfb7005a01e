package io.podseal.sidecar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
final class TunDeviceTest {
  private static final int VIRTIO_HEADER = 10;

  private NetworkNamespace pod;

  @BeforeEach
  void createNamespace() throws Exception {
    pod = new NetworkNamespace("tun");
  }

  @AfterEach
  void removeNamespace() throws Exception {
    pod.close();
  }

  @Test
  void packetsPassBothWays() throws Exception {
    try (TunDevice tun = pod.call(() -> TunDevice.open("seal0", false));
        EventFd wake = new EventFd()) {
      pod.sh(
          "ip link set seal0 addrgenmode none; ip link set seal0 up; ip addr add 10.9.0.1/24 dev seal0");
      NativeBuffer buffer = new NativeBuffer(2000);
      assertThat(tun.read(buffer)).as("nothing waits yet").isNegative();
      Process ping = pod.start("ping", "-c1", "-W5", "10.9.0.2");
      Poller poller = new Poller(tun, wake);
      poller.await(Duration.ofSeconds(5));
      int length = tun.read(buffer);
      byte[] frame = new byte[length];
      buffer.read(frame, 0, length);
      byte[] packet = Arrays.copyOfRange(frame, VIRTIO_HEADER, length);

      assertThat(packet[0]).isEqualTo((byte) 0x45);
      assertThat(packet[9]).as("ICMP").isEqualTo((byte) 1);

      answer(packet);
      buffer.write(VIRTIO_HEADER, packet, 0, packet.length);
      assertThat(tun.write(buffer, length)).isTrue();
      assertThat(ping.waitFor()).isZero();
    }
  }

  @Test
  void deviceVanishesWhenItIsClosed() throws Exception {
    pod.call(() -> TunDevice.open("seal0", false)).close();

    assertThat(pod.sh("ip -o link")).doesNotContain("seal0");
  }

  @Test
  void secondOwnerIsToldAboutTheFirst() throws Exception {
    try (TunDevice first = pod.call(() -> TunDevice.open("seal0", false))) {
      assertThatThrownBy(() -> pod.call(() -> TunDevice.open(first.name(), false)))
          .isInstanceOf(LinuxException.class)
          .hasMessageContaining("EBUSY")
          .hasMessageContaining("second sidecar");
    }
  }

  @Test
  void nameOfAnInterfaceThatIsNoTunIsRefused() {
    assertThatThrownBy(() -> pod.call(() -> TunDevice.open("lo", false)))
        .isInstanceOf(LinuxException.class)
        .hasMessageContaining("create TUN device lo");
  }

  @Test
  void packetSocketSeesWhatItsFilterLetsThrough() throws Exception {
    // Keep UDP over IPv4 only: protocol octet 9 == 17.
    List<BpfInstruction> udpOnly =
        List.of(
            new BpfInstruction(0x30, 0, 0, 9),
            new BpfInstruction(0x15, 0, 1, 17),
            new BpfInstruction(0x06, 0, 0, 65_535),
            new BpfInstruction(0x06, 0, 0, 0));
    try (PacketSocket sniffer = pod.call(() -> PacketSocket.open("lo", udpOnly, 1 << 20));
        UdpSocket socket = pod.call(() -> UdpSocket.bind(0, 0, 1 << 20))) {
      pod.sh("ping -c1 -W5 127.0.0.1");
      Datagram datagram = new Datagram(100);
      datagram.to(0x7f000001, socket.port());
      socket.send(datagram, 77);

      byte[] packet = new byte[200];
      int length = sniffer.receive(packet, Duration.ofSeconds(5));

      assertThat(length).isEqualTo(20 + 8 + 77);
      assertThat(packet[9]).isEqualTo((byte) 17);
      assertThat(sniffer.protocol()).isEqualTo(0x0800);
      assertThat(sniffer.isOutgoing()).isTrue();
      assertThat(sniffer.receive(packet, Duration.ofSeconds(5))).as("its way in").isEqualTo(length);
      assertThat(sniffer.receive(packet, Duration.ofMillis(50))).as("no ping").isEqualTo(-1);
      assertThat(sniffer.statistics()).isEqualTo(new PacketSocket.Statistics(2, 0));
    }
  }

  @Test
  void markNeedsNoMoreThanNetAdmin() throws Exception {
    try (UdpSocket socket = pod.call(() -> UdpSocket.bind(0, 0x504f, 4 << 20))) {
      pod.sh(
          "nft add table inet t; nft add chain inet t o '{type filter hook output priority 0;}';"
              + " nft add rule inet t o meta mark 0x504f counter drop");
      Datagram datagram = new Datagram(10);
      datagram.to(0x7f000001, socket.port());

      assertThat(socket.send(datagram, 4)).as("dropped by its mark").isFalse();
    }
  }

  @Test
  void forbiddingCoreDumpsIsSeenByTheKernel() throws Exception {
    // In a process of its own: it cannot be undone.
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                DumpableProbe.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(child.waitFor()).as(output).isZero();
    assertThat(output.strip()).isEqualTo("0");
  }

  /** Forbids core dumps and prints what prctl then says. */
  static final class DumpableProbe {
    private static final int PR_GET_DUMPABLE = 3;

    public static void main(String[] args) {
      CoreDumps.forbid();
      System.out.println(Libc.prctl(PR_GET_DUMPABLE, 0));
    }
  }

  @Test
  void namespaceOfATestIsNotOurs() throws Exception {
    assertThat(pod.call(() -> Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"))))
        .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
  }

  /** Turns an echo request into its answer: the sums of addresses do not change. */
  private static void answer(byte[] packet) {
    for (int i = 0; i < 4; i++) {
      byte source = packet[12 + i];
      packet[12 + i] = packet[16 + i];
      packet[16 + i] = source;
    }
    packet[20] = 0;
    int sum = ((packet[22] & 0xff) << 8 | (packet[23] & 0xff)) + 0x0800;
    sum = (sum & 0xffff) + (sum >>> 16);
    packet[22] = (byte) (sum >>> 8);
    packet[23] = (byte) sum;
  }
}
