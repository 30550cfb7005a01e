package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.capture.CapturedFrame;
import io.podseal.e2e.capture.Classifier;
import io.podseal.e2e.capture.IpPacket;
import io.podseal.e2e.capture.PcapReader;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Command;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class HostileIT {
  private static final long SEED = 20_261_123L;
  private static final int MUTANTS = 3000;

  private static World world;

  @BeforeAll
  static void open() {
    world = new World(HostileIT.class);
  }

  @AfterEach
  void quiet() {
    world.quiet();
  }

  @AfterAll
  static void close() {
    world.close();
  }

  @Test
  void malformedIkeAndEspIsCountedAndTheSaStillCarriesTraffic() throws Exception {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    ClusterPod attacker = world.bare(namespace, "attacker");
    world.peering(namespace, "orders", "postgres", "Strict");
    Sidecar one = orders.startSidecar();
    Sidecar other = postgres.startSidecar();
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();
    World.assertPage(orders, postgres);
    List<byte[]> seen = datagrams(orders, postgres);
    double before = Statuses.drops(other);

    Path file = write(mutants(seen));
    // From the attacker's own address, and from the address of the peer.
    takeAddress(attacker, orders.net().ip(), postgres);
    for (String source : List.of(attacker.net().ip(), orders.net().ip())) {
      assertThat(send(attacker, source, postgres, file)).isPositive();
    }

    assertThat(other.process().running()).isTrue();
    assertThat(other.ready()).isTrue();
    assertThat(Statuses.drops(other) - before).as("counted drops").isGreaterThan(MUTANTS);
    assertThat(other.process().logged()).doesNotContain("Exception").doesNotContain("\tat ");
    World.assertPage(orders, postgres);
    World.assertPing(postgres, orders);
    world.assertNothingClear(orders, postgres);
  }

  /** The payloads of UDP 4500 between the pair: IKE behind its marker, and ESP. */
  private static List<byte[]> datagrams(ClusterPod a, ClusterPod b) throws IOException {
    assertThat(world.between(a, b).count(WireKind.IKE)).isPositive();
    List<byte[]> payloads = new ArrayList<>();
    for (CapturedFrame frame : PcapReader.read(world.capture())) {
      IpPacket.in(frame.bytes())
          .filter(packet -> packet.sourcePort() == 4500 || packet.destinationPort() == 500)
          .filter(packet -> packet.whole() && payloads.size() < 60)
          .ifPresent(packet -> {
            ByteBuffer payload = Classifier.udpPayload(packet);
            byte[] bytes = new byte[payload.limit()];
            payload.get(0, bytes);
            boolean bare = packet.destinationPort() == 500;
            payloads.add(bare ? concatenate(new byte[4], bytes) : bytes);
          });
    }
    assertThat(payloads).hasSizeGreaterThan(4);
    return payloads;
  }

  private static List<byte[]> mutants(List<byte[]> seen) {
    Random random = new Random(SEED);
    List<byte[]> all = new ArrayList<>(byHand());
    while (all.size() < MUTANTS) {
      byte[] bytes = seen.get(random.nextInt(seen.size())).clone();
      switch (random.nextInt(6)) {
        case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
        case 2 -> bytes = concatenate(bytes, bytes);
        case 3 -> Arrays.fill(bytes, random.nextInt(bytes.length), bytes.length, (byte) 0xff);
        case 4 -> {
          int at = random.nextInt(bytes.length);
          byte[] other = seen.get(random.nextInt(seen.size()));
          System.arraycopy(other, 0, bytes, at, Math.min(other.length, bytes.length - at));
        }
        default -> {
          for (int i = 0; i < 8; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
          }
        }
      }
      all.add(bytes);
    }
    return all;
  }

  private static List<byte[]> byHand() {
    byte[] header = new byte[32];
    header[4] = 1;
    header[20] = 33;
    header[21] = 0x20;
    header[22] = 34;
    header[23] = 0x08;
    List<byte[]> cases = new ArrayList<>();
    for (int length : new int[] {0, 27, 28, 29, 0x7fffffff, -1}) {
      byte[] one = header.clone();
      ByteBuffer.wrap(one).putInt(28, length);
      cases.add(one);
    }
    cases.add(new byte[1]);
    cases.add(new byte[3]);
    cases.add(new byte[4]);
    cases.add(new byte[] {0, 0, 0, 1});
    cases.add(new byte[] {0, 0, 0, (byte) 0xff, 0, 0, 0, 1});
    cases.add(new byte[9000]);
    byte[] ones = new byte[9000];
    Arrays.fill(ones, (byte) 0xff);
    cases.add(ones);
    return cases;
  }

  /** Lets the attacker send from {@code address} without announcing it to its neighbours. */
  private static void takeAddress(ClusterPod attacker, String address, ClusterPod target) {
    attacker.net().run("ping", "-c", "1", "-W", "1", target.net().ip());
    attacker.net().run("sysctl", "-qw", "net.ipv4.conf.all.arp_announce=2").must();
    attacker.net().run("sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1").must();
    attacker.net().run("ip", "address", "add", address + "/32", "dev", "lo").must();
  }

  private static int send(ClusterPod from, String source, ClusterPod to, Path file) {
    Command.Result result =
        from.net()
            .run(
                World.java(),
                "-cp",
                Path.of("target/test-classes").toAbsolutePath().toString(),
                DatagramTool.class.getName(),
                "send",
                source,
                to.net().ip(),
                "4500",
                file.toString());
    return Integer.parseInt(result.must().strip());
  }

  private static Path write(List<byte[]> datagrams) throws IOException {
    Path file = world.folder().resolve("datagrams");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
      for (byte[] datagram : datagrams) {
        out.writeShort(datagram.length);
        out.write(datagram);
      }
    }
    return file;
  }

  private static byte[] concatenate(byte[] a, byte[] b) {
    return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
  }
}
