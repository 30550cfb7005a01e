package io.podseal.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.Self;
import io.podseal.protocol.crypto.Algorithm;
import io.podseal.sidecar.control.TestController;
import io.podseal.sidecar.linux.NetworkNamespace;
import io.podseal.sidecar.linux.UdpSocket;
import io.podseal.sidecar.obs.HttpEndpoint;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How the process ends: the sidecar as its image starts it, in a network namespace of its own.
 *
 * <p>istio#51883: a native sidecar that never became ready blocked the end of its pod.
 */
@Tag("netns")
final class SidecarProcessTest {
  private static final int START_SECONDS = 30;
  private static final String CONTROLLER = "--controller=127.0.0.1:9443";
  private static final String NOT_READY = "not ready, trying again";

  @TempDir private Path directory = Path.of("");
  private NetworkNamespace pod;
  private String token;
  private String ca;

  @BeforeEach
  void mount() throws Exception {
    pod = new NetworkNamespace("sidecar");
    Path tokenFile = Files.writeString(directory.resolve("token"), "good");
    token = "--token-file=" + tokenFile;
    try (TestController controller = new TestController(directory, "good")) {
      ca = "--ca-file=" + controller.caFile;
    }
  }

  @AfterEach
  void unmount() throws Exception {
    pod.close();
  }

  @Test
  void istio51883_sigtermEndsASidecarWhoseControllerRefusesConnections() throws Exception {
    try (PodProcess sidecar = start(CONTROLLER, token, ca)) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("refused");
      sidecar.endsBySigterm();
    }
  }

  /** As the address of a leader's pod that is gone does. */
  @Test
  void aControllerThatSwallowsPacketsIsTriedAnewWithinSeconds() throws Exception {
    swallowPackets();
    long begun = System.nanoTime();
    try (PodProcess sidecar = start(CONTROLLER, token, ca)) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("timed out");
    }
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(15));
  }

  private void swallowPackets() throws Exception {
    pod.sh(
        "nft 'table inet hole { chain input { type filter hook input priority 0;"
            + " tcp dport 9443 drop; }; }'");
  }

  @Test
  void istio51883_sigtermEndsASidecarWhoseControllerSwallowsPackets() throws Exception {
    swallowPackets();
    try (PodProcess sidecar = start(CONTROLLER, token, ca)) {
      sidecar.awaitLine("controller 127.0.0.1:9443");
      awaitConnecting();
      sidecar.endsBySigterm();
    }
  }

  @Test
  void istio51883_sigtermEndsASidecarWhoseControllerHasNoAddress() throws Exception {
    try (PodProcess sidecar = start("--controller=podseal-controller.invalid:9443", token, ca)) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("podseal-controller.invalid");
      sidecar.endsBySigterm();
    }
  }

  @Test
  void istio51883_sigtermEndsASidecarThatWaitsForItsToken() throws Exception {
    try (PodProcess sidecar = start(CONTROLLER, ca, "--token-file=" + directory.resolve("late"))) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("late").contains("mounted");
      sidecar.endsBySigterm();
    }
  }

  @Test
  void istio51883_sigtermEndsASidecarThatWaitsForItsCa() throws Exception {
    try (PodProcess sidecar = start(CONTROLLER, token, "--ca-file=" + directory.resolve("late"))) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("late").contains("mounted");
      sidecar.endsBySigterm();
    }
  }

  /** What waiting cannot mend is said at once. */
  @Test
  void istio51883_malformedProbesEndWithCode2AndOneLineWithoutTheirValues() throws Exception {
    Map<String, String> notJson = Map.of("PODSEAL_PROBES", "{\"web/livenessProbe\": secret");
    try (PodProcess sidecar = start(notJson)) {
      assertThat(sidecar.exitCode()).isEqualTo(2);
      assertThat(sidecar.output)
          .singleElement()
          .asString()
          .startsWith("PODSEAL_PROBES is not valid JSON at line 1, column ")
          .doesNotContain("secret");
    }
    Map<String, String> noPort =
        Map.of(
            "PODSEAL_PROBES",
            "{\"web/livenessProbe\":{\"httpGet\":{\"path\":\"/secret\"},\"timeoutSeconds\":1}}",
            "PODSEAL_POD_IP",
            "10.8.0.1");
    try (PodProcess sidecar = start(noPort)) {
      assertThat(sidecar.exitCode()).isEqualTo(2);
      assertThat(sidecar.output)
          .containsExactly(
              "PODSEAL_PROBES, entry web/livenessProbe: port must be a number from 1 to 65535");
    }
  }

  /** What waiting cannot mend is said at once. */
  @Test
  void istio51883_unknownOptionEndsWithCode2AndItsName() throws Exception {
    try (PodProcess sidecar = start("--no-such-option")) {
      assertThat(sidecar.exitCode()).isEqualTo(2);
      assertThat(sidecar.output.getFirst()).isEqualTo("Unknown option: '--no-such-option'");
      assertThat(sidecar.output).noneMatch(line -> line.contains("Exception"));
    }
  }

  @Test
  void istio51883_aPortThatIsNoneEndsWithCode2AndNamesTheOption() throws Exception {
    try (PodProcess sidecar = start("--health-port=70000", CONTROLLER, token, ca)) {
      assertThat(sidecar.exitCode()).isEqualTo(2);
      assertThat(sidecar.output)
          .containsExactly(
              "--health-port 70000 (PODSEAL_HEALTH_PORT): a port is a number from 1 to 65535");
    }
    try (PodProcess sidecar = start("--controller=127.0.0.1:0", token, ca)) {
      assertThat(sidecar.exitCode()).isEqualTo(2);
      assertThat(sidecar.output).singleElement().asString().startsWith("--controller 127.0.0.1:0");
    }
  }

  /** What waiting cannot mend is said at once. */
  @Test
  void istio51883_healthPortInUseEndsWithCode3AndIsNamedInTheLastLine() throws Exception {
    try (ServerSocket _ = pod.call(() -> new ServerSocket(9808));
        PodProcess sidecar = start(CONTROLLER, token, ca)) {
      sidecar.endsForWantOf(
          "TCP port 9808 for health and metrics cannot be had: Address already in use");
    }
  }

  /** What waiting cannot mend is said at once. */
  @Test
  void istio51883_udpPort500InUseEndsWithCode3AndIsNamedInTheLastLine() throws Exception {
    try (UdpSocket _ = pod.call(() -> UdpSocket.bind(500, 0, 1 << 16));
        PodProcess sidecar = start(CONTROLLER, token, ca)) {
      sidecar.endsForWantOf("Something else in this pod holds UDP port 500");
    }
  }

  /** What waiting cannot mend is said, here once the pod has an address to seal. */
  @Test
  void istio51883_udpPort4500InUseEndsWithCode3AndIsNamedInTheLastLine() throws Exception {
    pod.sh("ip link add eth0 type bridge; ip addr add 10.8.0.1/24 dev eth0; ip link set eth0 up");
    try (UdpSocket _ = pod.call(() -> UdpSocket.bind(4500, 0, 1 << 16));
        PodProcess controller =
            PodProcess.java(pod, List.of(), Map.of(), ControllerMain.class, directory.toString())) {
      String address = controller.awaitLine("127.0.0.1:");
      try (PodProcess sidecar =
          start("--controller=" + address, "--server-name=" + TestController.NAME, token, ca)) {
        sidecar.endsForWantOf("Something else in this pod holds UDP port 4500");
      }
    }
  }

  @Test
  void aHealthPortThatMayNotBeBoundIsNotCalledInUse() throws Exception {
    List<String> withoutTheRight = List.of("setpriv", "--bounding-set", "-net_bind_service");
    try (PodProcess endpoint =
        PodProcess.java(pod, withoutTheRight, Map.of(), EndpointMain.class, "80")) {
      assertThat(endpoint.exitCode()).isZero();
      assertThat(endpoint.output.getLast())
          .contains("TCP port 80", "Permission denied", "PODSEAL_HEALTH_PORT")
          .doesNotContain("in use");
    }
  }

  @Test
  void everyAlgorithmIsTestedAtStartBeforeAnyPolicyNamesOne() throws Exception {
    int all = Algorithm.all().size();
    try (PodProcess sidecar = start(CONTROLLER, token, ca)) {
      assertThat(sidecar.awaitLine("self-test: ")).contains(all + " of " + all + " algorithms");
    }
  }

  @Test
  void trainingEndsWithCode0AndTouchesNoNetwork() throws Exception {
    String before = network();
    try (PodProcess training = start("--train")) {
      assertThat(training.exitCode()).as("%s", training.output).isZero();
    }
    assertThat(network()).isEqualTo(before);
  }

  /** Links, routes, tables, and what the kernel counted of every protocol. */
  private String network() throws Exception {
    return pod.sh(
        "ip -s link; ip addr; ip rule; ip route show table all; nft list ruleset;"
            + " cat /proc/net/snmp /proc/net/snmp6");
  }

  /** Until a connection is being opened, which is after the sidecar began to heed SIGTERM. */
  private void awaitConnecting() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (pod.sh("ss -Hnt state syn-sent").isEmpty()) {
      assertThat(System.nanoTime()).as("no connection is opened").isLessThan(deadline);
    }
  }

  private PodProcess start(String... options) throws Exception {
    return start(Map.of(), options);
  }

  private PodProcess start(Map<String, String> environment, String... options) throws Exception {
    return PodProcess.java(pod, List.of(), environment, Main.class, options);
  }

  /** A controller in a process of its own, so that none of its threads is of another namespace. */
  static final class ControllerMain {
    public static void main(String[] args) throws Exception {
      try (TestController controller = new TestController(Path.of(args[0]), "good")) {
        System.out.println("127.0.0.1:" + controller.port());
        while (true) {
          controller
              .streams
              .take()
              .onNext(
                  TestController.policy(
                      PolicyUpdate.newBuilder()
                          .setRevision(1)
                          .setFull(true)
                          .setSelf(Self.newBuilder().setIdentity("a").addAddresses("10.8.0.1"))));
        }
      }
    }
  }

  /** Says why the port that it is given cannot be had. */
  static final class EndpointMain {
    public static void main(String[] args) {
      try (HttpEndpoint endpoint = new HttpEndpoint(Integer.parseInt(args[0]), Map.of())) {
        System.out.println("listening on " + endpoint.port());
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
      System.exit(0);
    }
  }
}
