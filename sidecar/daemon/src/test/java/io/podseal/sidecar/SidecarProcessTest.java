package io.podseal.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.Self;
import io.podseal.sidecar.control.TestController;
import io.podseal.sidecar.linux.NetworkNamespace;
import io.podseal.sidecar.linux.UdpSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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
  private static final int END_SECONDS = 2;
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

  /** istio#51883. */
  @Test
  void sigtermEndsASidecarWhoseControllerRefusesConnections() throws Exception {
    try (Child sidecar = start(CONTROLLER, token, ca)) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("refused");
      sidecar.endsBySigterm();
    }
  }

  /** istio#51883. */
  @Test
  void sigtermEndsASidecarWhoseControllerSwallowsPackets() throws Exception {
    pod.sh(
        "nft 'table inet hole { chain input { type filter hook input priority 0;"
            + " tcp dport 9443 drop; }; }'");
    try (Child sidecar = start(CONTROLLER, token, ca)) {
      sidecar.awaitLine("controller 127.0.0.1:9443");
      awaitConnecting();
      sidecar.endsBySigterm();
    }
  }

  /** istio#51883. */
  @Test
  void sigtermEndsASidecarWhoseControllerHasNoAddress() throws Exception {
    try (Child sidecar = start("--controller=podseal-controller.invalid:9443", token, ca)) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("podseal-controller.invalid");
      sidecar.endsBySigterm();
    }
  }

  /** istio#51883. */
  @Test
  void sigtermEndsASidecarThatWaitsForItsToken() throws Exception {
    try (Child sidecar = start(CONTROLLER, ca, "--token-file=" + directory.resolve("late"))) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("late").contains("mounted");
      sidecar.endsBySigterm();
    }
  }

  /** istio#51883. */
  @Test
  void sigtermEndsASidecarThatWaitsForItsCa() throws Exception {
    try (Child sidecar = start(CONTROLLER, token, "--ca-file=" + directory.resolve("late"))) {
      assertThat(sidecar.awaitLine(NOT_READY)).contains("late").contains("mounted");
      sidecar.endsBySigterm();
    }
  }

  @Test
  void nobodyGetsAHeapDumpOfASidecarWhichHoldsKeys() throws Exception {
    Path dump = directory.resolve("dump.hprof");
    try (Child sidecar = start(CONTROLLER, token, ca)) {
      sidecar.awaitLine(NOT_READY);
      Process jcmd =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(sidecar.process.pid()),
                  "GC.heap_dump",
                  dump.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(jcmd.waitFor()).as(said).isNotZero();
      assertThat(said).contains("AttachNotSupportedException");
      assertThat(dump).doesNotExist();
      assertThat(sidecar.process.isAlive()).isTrue();
    }
  }

  /** istio#51883: what waiting cannot mend is said at once. */
  @Test
  void malformedProbesEndWithCode2AndOneLineWithoutTheirValues() throws Exception {
    Map<String, String> notJson = Map.of("PODSEAL_PROBES", "{\"web/livenessProbe\": secret");
    try (Child sidecar = start(notJson)) {
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
    try (Child sidecar = start(noPort)) {
      assertThat(sidecar.exitCode()).isEqualTo(2);
      assertThat(sidecar.output)
          .containsExactly(
              "PODSEAL_PROBES, entry web/livenessProbe: port must be a number from 1 to 65535");
    }
  }

  /** istio#51883: what waiting cannot mend is said at once. */
  @Test
  void unknownOptionEndsWithCode2AndItsName() throws Exception {
    try (Child sidecar = start("--no-such-option")) {
      assertThat(sidecar.exitCode()).isEqualTo(2);
      assertThat(sidecar.output.getFirst()).isEqualTo("Unknown option: '--no-such-option'");
      assertThat(sidecar.output).noneMatch(line -> line.contains("Exception"));
    }
  }

  /** istio#51883: what waiting cannot mend is said at once. */
  @Test
  void healthPortInUseEndsWithCode3AndIsNamedInTheLastLine() throws Exception {
    try (ServerSocket _ = pod.call(() -> new ServerSocket(9808));
        Child sidecar = start(CONTROLLER, token, ca)) {
      sidecar.endsForWantOf("TCP port 9808 for health and metrics is in use");
    }
  }

  /** istio#51883: what waiting cannot mend is said at once. */
  @Test
  void udpPort500InUseEndsWithCode3AndIsNamedInTheLastLine() throws Exception {
    try (UdpSocket _ = pod.call(() -> UdpSocket.bind(500, 0, 1 << 16));
        Child sidecar = start(CONTROLLER, token, ca)) {
      sidecar.endsForWantOf("Something else in this pod holds UDP port 500");
    }
  }

  /** istio#51883: what waiting cannot mend is said, here once the pod has an address to seal. */
  @Test
  void udpPort4500InUseEndsWithCode3AndIsNamedInTheLastLine() throws Exception {
    pod.sh("ip link add eth0 type bridge; ip addr add 10.8.0.1/24 dev eth0; ip link set eth0 up");
    try (UdpSocket _ = pod.call(() -> UdpSocket.bind(4500, 0, 1 << 16));
        Child controller = java(Map.of(), ControllerMain.class, directory.toString())) {
      String address = controller.awaitLine("127.0.0.1:");
      try (Child sidecar =
          start("--controller=" + address, "--server-name=" + TestController.NAME, token, ca)) {
        sidecar.endsForWantOf("Something else in this pod holds UDP port 4500");
      }
    }
  }

  @Test
  void trainingEndsWithCode0AndTouchesNoNetwork() throws Exception {
    String before = network();
    try (Child training = start("--train")) {
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

  private Child start(String... options) throws Exception {
    return start(Map.of(), options);
  }

  private Child start(Map<String, String> environment, String... options) throws Exception {
    return java(environment, Main.class, options);
  }

  private Child java(Map<String, String> environment, Class<?> main, String... arguments)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of("src/main/jvm/args").toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.matches("PODSEAL_.*|JAVA_TOOL_OPTIONS"));
    builder.environment().putAll(environment);
    return new Child(pod.call(builder::start));
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

  /** A process and what it prints. */
  private static final class Child implements AutoCloseable {
    /** Lines that {@link #awaitLine} has read, or all of them after {@link #exitCode}. */
    final List<String> output = new ArrayList<>();

    private final Process process;
    private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();
    private final Thread reader;

    Child(Process process) {
      this.process = process;
      this.reader = Thread.ofPlatform().daemon().start(this::read);
    }

    private void read() {
      try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
        lines.lines().forEach(unread::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Reads on to a line with {@code text}. */
    String awaitLine(String text) throws InterruptedException {
      String line;
      do {
        line = unread.poll(START_SECONDS, TimeUnit.SECONDS);
        assertThat(line).as("a line with '%s' after %s", text, output).isNotNull();
        output.add(line);
      } while (!line.contains(text));
      return line;
    }

    void endsBySigterm() throws InterruptedException {
      // Not Process.destroy, which closes the output too.
      process.toHandle().destroy();
      assertThat(process.waitFor(END_SECONDS, TimeUnit.SECONDS)).as("ends in time").isTrue();
      assertThat(exitCode()).as("%s", output).isZero();
      assertThat(output.getLast()).endsWith("stopped");
    }

    void endsForWantOf(String what) throws InterruptedException {
      assertThat(exitCode()).as("%s", output).isEqualTo(Main.EXIT_MISSING);
      assertThat(output.getLast()).contains(what);
    }

    int exitCode() throws InterruptedException {
      assertThat(process.waitFor(START_SECONDS, TimeUnit.SECONDS)).as("ends").isTrue();
      reader.join();
      unread.drainTo(output);
      return process.exitValue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
