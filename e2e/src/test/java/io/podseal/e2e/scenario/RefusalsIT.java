package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Background;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an operator reads when a sidecar cannot do its work: one line that says what to look at. */
@Tag("netns")
class RefusalsIT {
  private static World world;

  @BeforeAll
  static void open() {
    world = new World(RefusalsIT.class);
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
  void withoutNetAdminItEndsAndNamesTheCapability() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    Sidecar sidecar = pod.startSidecarUnder("setpriv", "--bounding-set", "-net_admin");
    assertEndsWithOneLine(sidecar, "NET_ADMIN");
  }

  /** tailscale#10814, containerd#11078: a runtime may refuse the TUN device. */
  @Test
  void tailscale10814_withoutTheTunDeviceItEndsAndNamesIt() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    Sidecar sidecar =
        pod.startSidecarUnder(
            "unshare", "-m", "sh", "-c", "mount -t tmpfs none /dev/net && exec \"$@\"", "sh");
    assertEndsWithOneLine(sidecar, "/dev/net/tun");
  }

  @Test
  void whenPort4500IsTakenItEndsAndNamesThePort() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    Background holder =
        world.start(
            pod,
            "holder",
            World.java(),
            "-cp",
            Path.of("target/test-classes").toAbsolutePath().toString(),
            DatagramTool.class.getName(),
            "hold",
            "4500");
    Awaitility.await().until(() -> holder.logged().contains("holding 4500"));
    assertEndsWithOneLine(pod.startSidecar(), "4500");
  }

  @Test
  void whenTheHealthPortIsTakenItEndsAndNamesThePort() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    pod.startSidecar().awaitReady();
    Sidecar second = pod.startSidecar();
    assertThat(second.process().ended(Duration.ofSeconds(10))).isTrue();
    assertThat(second.process().exit()).isNotZero();
  }

  @Test
  void aCommandLineItDoesNotKnowIsAUsageError() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    Sidecar sidecar = pod.startSidecar(Map.of("PODSEAL_HEALTH_PORT", "not-a-port"));
    assertThat(sidecar.process().ended(Duration.ofSeconds(10))).isTrue();
    assertThat(sidecar.process().exit()).isEqualTo(2);
    assertThat(sidecar.process().logged()).contains("not-a-port").doesNotContain("\tat ");
  }

  /** cluster-network-operator#2606: after a reboot pods start before what seals them. */
  @Test
  void clusterNetworkOperator2606_withoutAControllerItStaysUnreadyAndSaysWhomItCannotReach() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    String nobody = world.lab().node() + ":1";
    Sidecar sidecar = pod.startSidecar(Map.of("PODSEAL_CONTROLLER", nobody));
    Awaitility.await("the log names the controller")
        .atMost(Duration.ofSeconds(15))
        .until(() -> sidecar.process().logged().contains(nobody));
    assertThat(sidecar.process().running()).isTrue();
    assertThat(sidecar.ready()).isFalse();
    assertThat(sidecar.process().logged()).doesNotContain("\tat ");
  }

  @Test
  void aControllerWithAnotherNameIsNotTrusted() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    Sidecar sidecar =
        pod.startSidecar(Map.of("PODSEAL_SERVER_NAME", "podseal-controller.elsewhere.svc"));
    Awaitility.await("the log names the certificate")
        .atMost(Duration.ofSeconds(15))
        .until(() -> sidecar.process().logged().matches("(?is).*(certificate|TLS|name).*"));
    assertThat(sidecar.ready()).isFalse();
    assertThat(sidecar.process().logged()).doesNotContain("\tat ");
  }

  private static void assertEndsWithOneLine(Sidecar sidecar, String named) {
    assertThat(sidecar.process().ended(Duration.ofSeconds(10))).as("it ends").isTrue();
    assertThat(sidecar.process().exit()).as("exit code").isNotZero();
    List<String> lines = sidecar.process().logged().lines().toList();
    assertThat(lines).anyMatch(line -> line.contains(named));
    assertThat(lines).noneMatch(line -> line.startsWith("\tat "));
  }
}
