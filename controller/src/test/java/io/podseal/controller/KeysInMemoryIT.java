package io.podseal.controller;

import static io.podseal.controller.ControllerFixture.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.podseal.controller.apiserver.MockApiServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in a controller's memory stays there, whichever way a user has to make it dump that. */
@Tag("mass")
class KeysInMemoryIT {
  /** Core dumps as large as they will, in the folder that is the first argument. */
  private static final String DUMPING = "ulimit -c unlimited && cd \"$0\" && \"$@\"; exit $?";

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path folder = Path.of("");
  private final MockApiServer api = MockApiServer.start();
  private final Shop shop = new Shop(api);
  private final List<PackagedController> started = new ArrayList<>();
  private final List<TestSidecar> sidecars = new ArrayList<>();
  private final List<byte[]> keys = new ArrayList<>();

  @AfterEach
  void stop() {
    sidecars.forEach(TestSidecar::close);
    started.forEach(PackagedController::close);
    api.close();
  }

  /** What carries keys is kept from saying what it carries, however loud a user sets it. */
  @Test
  void theLogShowsNoKeyWhateverItsLevel() {
    var controller =
        keeperOfKeys(
            List.of(),
            Map.of(
                "QUARKUS_LOG_LEVEL",
                "TRACE",
                "QUARKUS_LOG_CATEGORY__IO_GRPC_NETTY__LEVEL",
                "TRACE",
                "QUARKUS_LOG_CATEGORY__IO_FABRIC8_KUBERNETES_CLIENT__LEVEL",
                "TRACE",
                "QUARKUS_LOG_CATEGORY__IO_FABRIC8_KUBERNETES_CLIENT_HTTP__LEVEL",
                "TRACE"));

    assertThat(controller.output).as("the level").anyMatch(line -> line.contains(" DEBUG "));
    assertThat(controller.output).allMatch(this::keyless);
  }

  @Test
  void aThreadDumpShowsNoKey() throws Exception {
    var controller = keeperOfKeys(List.of());
    signal("QUIT", controller.process().toHandle());

    await()
        .atMost(LIMIT)
        .until(() -> controller.output.stream().anyMatch(line -> line.contains("class space")));
    assertThat(controller.output).anyMatch(line -> line.startsWith("Full thread dump"));
    assertThat(controller.output).allMatch(this::keyless);
    assertThat(controller.process().isAlive()).isTrue();
  }

  @Test
  void nobodyGetsAHeapDumpByAttaching() throws Exception {
    var controller = keeperOfKeys(List.of());
    var dump = folder.resolve("dump.hprof");
    var pid = Long.toString(controller.process().pid());

    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    assertThat(run(jcmd, pid, "GC.heap_dump", dump.toString()))
        .contains("AttachNotSupportedException");
    assertThat(dump).doesNotExist();
    assertThat(controller.process().isAlive()).isTrue();
  }

  @Test
  void noFlagOfTheImageMakesTheJvmDumpItsHeap() throws Exception {
    var flags = run(PackagedController.java("-XX:+PrintFlagsFinal", "-version"));
    for (var dumping :
        List.of(
            "HeapDumpOnOutOfMemoryError",
            "HeapDumpBeforeFullGC",
            "HeapDumpAfterFullGC",
            "CrashOnOutOfMemoryError",
            "CreateCoredumpOnCrash",
            // No heap, but a file of counters that others read.
            "UsePerfData")) {
      assertThat(flags).containsPattern(dumping + "\\s+= false\\s");
    }
  }

  /** A signal that the JVM leaves to the kernel, and one that it handles. */
  @ParameterizedTest
  @ValueSource(strings = {"ABRT", "SEGV"})
  void aControllerThatASignalKillsLeavesNoKeyInAFile(String signal) throws Exception {
    assumeTrue(dumpsElsewhere(), "this machine dumps the core of a process that lets it");
    var cores = Files.createDirectory(folder.resolve("cores"));
    var controller = keeperOfKeys(List.of("bash", "-c", DUMPING, cores.toString()));
    signal(signal, controller.process().children().findFirst().orElseThrow());

    assertThat(controller.process().waitFor()).as("it was killed").isNotZero();
    // The shell has it from the kernel, wherever core_pattern leads.
    assertThat(controller.output).noneMatch(line -> line.contains("core dumped"));
    try (Stream<Path> left = Files.list(cores)) {
      assertThat(left).as("not even the JVM's report, which shows registers").isEmpty();
    }
    assertThat(controller.output).allMatch(this::keyless);
    assertThat(controller.output.stream().anyMatch(line -> line.contains("Problematic frame")))
        .as("what a crash logs")
        .isEqualTo(signal.equals("SEGV"));
  }

  @Test
  void noProcessOfItsUserLooksIntoAController() throws Exception {
    var controller = keeperOfKeys(plain());
    var other = new ProcessBuilder(plain("sleep", "60")).start();
    try {
      for (var file : List.of("maps", "environ", "auxv", "mem")) {
        assertThat(opened(controller.process(), file)).as(file).contains("Permission denied");
        // Yama may forbid mem of any process.
        if (!file.equals("mem")) {
          await(file + " of a process that lets it").until(() -> opened(other, file).isEmpty());
        }
      }
    } finally {
      other.destroyForcibly();
    }
  }

  /** A controller with a master key, which has given two sidecars the key of their pair. */
  private PackagedController keeperOfKeys(List<String> prefix) {
    return keeperOfKeys(prefix, Map.of());
  }

  private PackagedController keeperOfKeys(List<String> prefix, Map<String, String> environment) {
    var controller = PackagedController.start(folder, api.kubeconfig(), prefix, environment);
    started.add(controller);
    int port = controller.controlPort();
    var orders = shop.pod("orders-0", "orders", "10.0.0.1", true);
    var db = shop.pod("db-0", "db", "10.0.0.2", true);
    shop.peering("p", "orders", "db");
    for (var pod : List.of(orders, db)) {
      sidecars.add(shop.connect(port, pod));
    }
    var atOrders = sidecars.getFirst();
    await().atMost(LIMIT).until(() -> !atOrders.peers().isEmpty());
    keys.add(atOrders.peer(identity(db)).getKeys(0).getSecret().toByteArray());
    keys.add(shop.master());
    return controller;
  }

  /** Neither as something prints it, nor as the words of a raw dump. */
  private boolean keyless(String text) {
    return keys.stream()
        .flatMap(key -> Stream.concat(SecretForms.of(key).stream(), words(key)))
        .noneMatch(text::contains);
  }

  private static Stream<String> words(byte[] key) {
    return Stream.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)
        .map(order -> HexFormat.of().toHexDigits(ByteBuffer.wrap(key).order(order).getLong()));
  }

  private boolean dumpsElsewhere() throws Exception {
    var control = Files.createDirectory(folder.resolve("control"));
    var killed = "sleep 60 & kill -ABRT $! && wait $!";
    return run("bash", "-c", DUMPING, control.toString(), "bash", "-c", killed)
        .contains("core dumped");
  }

  /** Opens a file of {@code /proc/PID} for reading, and gives what was said against it. */
  private static String opened(Process process, String file) throws Exception {
    return run(plain("sh", "-c", ": <\"$0\"", "/proc/" + process.pid() + "/" + file));
  }

  /** Without what lets root look into a process that forbids it. */
  private static List<String> plain(String... command) {
    var line = new ArrayList<String>();
    if ("root".equals(System.getProperty("user.name"))) {
      line.addAll(List.of("setpriv", "--bounding-set", "-sys_ptrace,-perfmon,-sys_admin"));
    }
    line.addAll(Arrays.asList(command));
    return line;
  }

  private static void signal(String name, ProcessHandle process) throws Exception {
    assertThat(run("kill", "-" + name, Long.toString(process.pid()))).isEmpty();
  }

  private static String run(String... command) throws IOException, InterruptedException {
    return run(Arrays.asList(command));
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }
}
