package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A third party's dissector agrees that what is on the wire is IKEv2 and ESP. */
@Tag("netns")
class DissectionIT {
  private static World world;
  private static Path keys;

  @BeforeAll
  static void talk() throws Exception {
    world = new World(DissectionIT.class);
    keys = Files.createDirectories(world.folder().resolve("keys"));
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    world.peering(namespace, "orders", "postgres", "Strict");
    Sidecar one = orders.startSidecar(Map.of("PODSEAL_DEBUG_KEYS_DIR", keys.toString()));
    Sidecar other = postgres.startSidecar();
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();
    World.ping(orders, postgres, "-c", "2", "-i", "0.2", "-W", "5", "-p", "5ea1ab1e").must();
    World.assertPage(orders, postgres);
    one.process().terminate();
    assertThat(one.process().ended(java.time.Duration.ofSeconds(2))).isTrue();
    assertThat(world.between(orders, postgres).count(WireKind.ESP)).isPositive();
    world.assertNothingClear(orders, postgres);
  }

  @AfterAll
  static void close() {
    world.close();
  }

  @Test
  void nothingIsMalformed() {
    assertThat(tshark("-Y", "_ws.malformed || _ws.expert.severity == error")).isEmpty();
    assertThat(tshark("-Y", "isakmp.version == 0x20")).contains("IKE_SA_INIT").contains("IKE_AUTH");
    assertThat(tshark("-Y", "udpencap && esp")).contains("ESP (SPI=");
  }

  @Test
  void withoutKeysNothingOfTheConversationIsReadable() {
    assertThat(tshark("-x", "-Y", "esp")).doesNotContain("5e a1 ab 1e 5e a1 ab 1e");
    assertThat(tshark("-Y", "http || icmp")).isEmpty();
  }

  @Test
  void withTheExportedKeysIkeIsDecrypted() {
    String decrypted = decrypted("-V", "-Y", "isakmp.exchangetype == 35");
    assertThat(decrypted)
        .contains("Payload: Identification - Initiator (35)")
        .contains("Payload: Authentication (39)")
        .contains("QUICK_CRASH_DETECTION")
        .contains(".pods.cluster.local");
  }

  @Test
  void withTheExportedKeysThePingAndThePageAreReadable() {
    assertThat(decrypted("-V", "-Y", "icmp")).contains("5ea1ab1e5ea1ab1e");
    assertThat(decrypted("-V", "-Y", "http")).contains("HTTP/1.1 200 OK").contains(World.PAGE);
  }

  private static String decrypted(String... options) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "WIRESHARK_CONFIG_DIR=" + keys,
                "tshark",
                "-o",
                "esp.enable_encryption_decode:TRUE",
                "-d",
                "tcp.port==" + World.WEB_PORT + ",http",
                "-r",
                world.capture().toString()));
    line.addAll(Arrays.asList(options));
    return Command.of(line.toArray(String[]::new)).must();
  }

  private static String tshark(String... options) {
    List<String> line = new ArrayList<>(List.of("tshark", "-r", world.capture().toString()));
    line.addAll(Arrays.asList(options));
    return Command.of(line.toArray(String[]::new)).must();
  }
}
