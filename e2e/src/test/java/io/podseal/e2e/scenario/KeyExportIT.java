package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The exported keys of every cipher that Wireshark knows open a capture there; {@link DissectionIT}
 * does it with those of the default profile.
 */
@Tag("netns")
class KeyExportIT {
  enum Profile {
    AES_256_CBC("5ea1ab1e01", "{encryption: [aes256], integrity: [sha512]}", true),
    AES_128_CBC("5ea1ab1e02", "{encryption: [aes128], integrity: [sha256]}", true),
    AES_128_GCM("5ea1ab1e03", "{encryption: [aes128gcm16]}", true),
    // Wireshark does not know it, and a line that it does not understand spoils the others.
    CHACHA20_POLY1305("5ea1ab1e04", "{encryption: [chacha20poly1305]}", false);

    /** What the pings carry. */
    private final String pattern;

    private final String spec;
    private final boolean known;

    Profile(String pattern, String spec, boolean known) {
      this.pattern = pattern;
      this.spec = spec;
      this.known = known;
    }

    String app() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static World world;
  private static String namespace = "";

  @BeforeAll
  static void open() {
    world = new World(KeyExportIT.class);
    namespace = world.namespace();
  }

  @AfterAll
  static void close() {
    world.close();
  }

  @ParameterizedTest
  @EnumSource
  void aCaptureIsReadableWithTheKeysOfOneEndIfWiresharkKnowsTheCipher(Profile profile)
      throws Exception {
    Path keys = Files.createDirectories(world.folder().resolve("keys-" + profile.app()));
    ClusterPod from = world.pod(namespace, profile.app());
    ClusterPod to = world.pod(namespace, "to-" + profile.app());
    world.peeringWithProfile(namespace, profile.app(), "to-" + profile.app(), profile.spec);
    Sidecar one = from.startSidecar(Map.of("PODSEAL_DEBUG_KEYS_DIR", keys.toString()));
    Sidecar other = to.startSidecar();
    one.awaitReady();
    other.awaitReady();
    World.ping(from, to, "-c", "2", "-i", "0.2", "-W", "5", "-p", profile.pattern).must();
    one.process().terminate();
    assertThat(one.process().ended(Duration.ofSeconds(2))).isTrue();
    world.assertNothingClear(from, to);

    Command.Result icmp = decrypted(keys, from, "icmp");
    Command.Result auth = decrypted(keys, from, "isakmp.exchangetype == 35");
    assertThat(icmp.err() + auth.err()).doesNotContain("Error loading table");
    assertThat(icmp.out().contains(profile.pattern + profile.pattern)).isEqualTo(profile.known);
    assertThat(auth.out().contains("Payload: Identification - Initiator (35)"))
        .isEqualTo(profile.known);
    assertThat(one.process().logged())
        .contains("!!! PODSEAL_DEBUG_KEYS_DIR is set: every IKE and ESP key of this pod is written")
        .contains("Never set this in production. !!!");
    assertThat(other.process().logged()).doesNotContain("PODSEAL_DEBUG_KEYS_DIR");
    for (String file : new String[] {"ikev2_decryption_table", "esp_sa"}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys.resolve(file))))
          .isEqualTo("rw-------");
    }
  }

  private static Command.Result decrypted(Path keys, ClusterPod pod, String filter) {
    return Command.of(
            "env",
            "WIRESHARK_CONFIG_DIR=" + keys,
            "tshark",
            "-o",
            "esp.enable_encryption_decode:TRUE",
            "-r",
            world.capture().toString(),
            "-V",
            "-Y",
            "ip.addr == " + pod.net().ip() + " && (" + filter + ")")
        .run();
  }
}
