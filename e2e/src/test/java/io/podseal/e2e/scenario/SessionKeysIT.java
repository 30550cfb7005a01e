package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.secrecy.SecretSearch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Looks for the keys of IKE and child SAs, which one sidecar exports for Wireshark, wherever a user
 * may look at two sidecars that say everything.
 */
@Tag("netns")
class SessionKeysIT {
  private static final Pattern KEY = Pattern.compile("\\b(?:0x)?([0-9a-f]{40,})\\b");

  private static World world;
  private static String namespace = "";

  @BeforeAll
  static void open() {
    world = new World(SessionKeysIT.class);
    namespace = world.namespace();
  }

  @AfterAll
  static void close() {
    world.close();
  }

  @ParameterizedTest
  @CsvSource({
    "gcm, '{encryption: [aes256gcm16]}', 4",
    "cbc, '{encryption: [aes256], integrity: [sha512]}', 8"
  })
  void noKeyOfAnSaIsInLogsThreadDumpsMetricsOrStatus(String app, String profile, int keys)
      throws IOException {
    Path exported = Files.createDirectories(world.folder().resolve("keys-" + app));
    ClusterPod from = world.pod(namespace, app);
    ClusterPod to = world.pod(namespace, "to-" + app);
    world.peeringWithProfile(namespace, app, "to-" + app, profile);
    Sidecar one =
        from.startSidecar(
            Map.of("PODSEAL_LOG_LEVEL", "trace", "PODSEAL_DEBUG_KEYS_DIR", exported.toString()));
    Sidecar other = to.startSidecar(Map.of("PODSEAL_LOG_LEVEL", "trace"));
    one.awaitReady();
    other.awaitReady();
    World.awaitPing(from, to);
    world.assertSealed(from, to);

    List<String> places = new ArrayList<>();
    for (Sidecar sidecar : List.of(one, other)) {
      places.add(sidecar.metrics());
      places.add(sidecar.status().toString());
      Command.of("kill", "-QUIT", Long.toString(sidecar.process().pid())).must();
      Awaitility.await("the end of the thread dump")
          .until(() -> sidecar.process().logged().contains("class space"));
      places.add(sidecar.process().logged());
      assertThat(places.getLast()).contains("IKE_AUTH response");
    }
    places.add(Files.readString(world.folder().resolve("controller.log")));

    String tables =
        Files.readString(exported.resolve("ikev2_decryption_table"))
            + Files.readString(exported.resolve("esp_sa"));
    List<String> found = KEY.matcher(tables).results().map(key -> key.group(1)).distinct().toList();
    assertThat(found).as("keys of one IKE SA and one child").hasSizeGreaterThanOrEqualTo(keys);
    SecretSearch search = new SecretSearch();
    for (String key : found) {
      search.octets("key " + found.indexOf(key), HexFormat.of().parseHex(key));
    }
    assertThat(places).allSatisfy(place -> assertThat(place).isNotBlank());
    assertThat(places).allSatisfy(place -> assertThat(search.in(place)).isEmpty());
    assertThat(search.in(tables)).as("all keys are found where they are").hasSize(found.size());
  }
}
