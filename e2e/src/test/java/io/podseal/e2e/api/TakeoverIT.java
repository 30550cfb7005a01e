package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.cluster.Controller;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two controller processes with the chart's rights on a real API server. */
@Tag("api")
@ExtendWith(Api.class)
class TakeoverIT {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final Resources owned = new Resources();
  private final Path folder = folder();
  private KubernetesClient client;
  private Path kubeconfig = folder;

  @BeforeEach
  void installTheRights() {
    var vacant = Api.vacant(folder, owned);
    client = vacant.client();
    var rights = owned.add(Rights.install(client, vacant.kubeconfig()));
    kubeconfig = rights.kubeconfig(folder.resolve("controller.kubeconfig"));
  }

  @AfterEach
  void stop() {
    owned.close();
  }

  @Test
  void theStandbyServesWithinFiveSecondsOfAKilledLeaderWhichComesBackAsStandby() {
    var first = replica("first", "198.18.0.1");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(first::serving);
    var second = replica("second", "198.18.0.2");
    assertThat(second.serving()).isFalse();
    Awaitility.await("EndpointSlice podseal-controller")
        .atMost(LIMIT)
        .until(() -> sidecarsGoTo("198.18.0.1"));
    assertThat(second.metrics()).contains("podseal_leader 0.0", "podseal_key_epoch 0.0");

    first.process().kill();
    Awaitility.await("the other replica serves, and sidecars are sent to it")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> second.serving() && sidecarsGoTo("198.18.0.2"));

    var again = replica("first", "198.18.0.1");
    assertThat(again.serving()).isFalse();
    assertThat(second.serving()).isTrue();

    second.process().terminate();
    Awaitility.await("the first, sooner than a Lease expires").atMost(LIMIT).until(again::serving);
    assertThat(second.process().ended(Duration.ofSeconds(10))).isTrue();
    assertThat(again.process().logged() + second.process().logged()).doesNotContain(" ERROR ");
  }

  private Controller replica(String name, String address) {
    return owned.add(
        Controller.replica(
            "127.0.0.1",
            kubeconfig,
            Controller.freePort(),
            folder.resolve(name + ".log"),
            Map.of("PODSEAL_POD_NAME", name, "PODSEAL_POD_IP", address)));
  }

  private boolean sidecarsGoTo(String address) {
    var slice =
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace(Rights.NAMESPACE)
            .withName("podseal-controller")
            .get();
    return slice != null
        && Objects.equals(slice.getEndpoints().getFirst().getAddresses().getFirst(), address);
  }

  private static Path folder() {
    try {
      var parent = Files.createDirectories(Path.of("target", "takeover"));
      return Files.createTempDirectory(parent, "run-").toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
