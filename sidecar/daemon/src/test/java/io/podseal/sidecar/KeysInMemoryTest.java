package io.podseal.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.podseal.sidecar.control.TestController;
import io.podseal.sidecar.linux.NetworkNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in the sidecar's memory stays there: no core dump, no heap dump, no debugger. */
@Tag("netns")
final class KeysInMemoryTest {
  private static final String WAITING = "not ready, trying again";

  /** Core dumps as large as they will, in the folder that is the first argument. */
  private static final String DUMPING = "ulimit -c unlimited && cd \"$0\" && \"$@\"; exit $?";

  /** Root, but without what lets one look into a process that forbids it. */
  private static final List<String> PLAIN =
      List.of("setpriv", "--bounding-set", "-sys_ptrace,-perfmon,-sys_admin");

  @TempDir private Path directory = Path.of("");
  private NetworkNamespace pod;
  private String[] options;

  @BeforeEach
  void mount() throws Exception {
    pod = new NetworkNamespace("memory");
    Path token = Files.writeString(directory.resolve("token"), "good");
    try (TestController controller = new TestController(directory, "good")) {
      options =
          new String[] {
            "--controller=127.0.0.1:9443", "--token-file=" + token, "--ca-file=" + controller.caFile
          };
    }
  }

  @AfterEach
  void unmount() throws Exception {
    pod.close();
  }

  /** A signal that the JVM leaves to the kernel, and one that it handles. */
  @ParameterizedTest
  @ValueSource(strings = {"ABRT", "SEGV"})
  void aSidecarThatASignalKillsLeavesNoFile(String signal) throws Exception {
    Path cores = Files.createDirectory(directory.resolve("cores"));
    List<String> dumping = List.of("bash", "-c", DUMPING, cores.toString());
    assumeTrue(dumpsElsewhere(), "this machine dumps the core of a process that lets it");
    try (PodProcess sidecar = PodProcess.java(pod, dumping, Map.of(), Main.class, options)) {
      sidecar.awaitLine(WAITING);
      ProcessHandle java = sidecar.handle().children().findFirst().orElseThrow();
      run("kill", "-" + signal, Long.toString(java.pid()));

      assertThat(sidecar.exitCode()).as("it was killed").isNotZero();
      // The shell has it from the kernel, wherever core_pattern leads.
      assertThat(sidecar.output).noneMatch(line -> line.contains("core dumped"));
      try (Stream<Path> left = Files.list(cores)) {
        assertThat(left).as("not even the JVM's report, which shows registers").isEmpty();
      }
      assertThat(sidecar.output.stream().anyMatch(line -> line.contains("Problematic frame")))
          .as("what a crash logs")
          .isEqualTo(signal.equals("SEGV"));
    }
  }

  @Test
  void noProcessOfItsUserLooksIntoASidecar() throws Exception {
    try (PodProcess sidecar = PodProcess.java(pod, PLAIN, Map.of(), Main.class, options);
        PodProcess other = PodProcess.java(pod, PLAIN, Map.of(), OpenMain.class)) {
      sidecar.awaitLine(WAITING);
      other.awaitLine("open");
      for (String file : List.of("maps", "mem", "environ", "auxv")) {
        assertThat(opened(other.handle(), file)).as(file).isEmpty();
        assertThat(opened(sidecar.handle(), file)).as(file).contains("Permission denied");
      }
    }
  }

  @Test
  void nobodyGetsAHeapDumpOfASidecar() throws Exception {
    Path dump = directory.resolve("dump.hprof");
    try (PodProcess sidecar = PodProcess.java(pod, List.of(), Map.of(), Main.class, options)) {
      sidecar.awaitLine(WAITING);
      String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      String pid = Long.toString(sidecar.handle().pid());

      assertThat(run(jcmd, pid, "GC.heap_dump", dump.toString()))
          .contains("AttachNotSupportedException");
      assertThat(dump).doesNotExist();
      assertThat(sidecar.running()).isTrue();
    }
  }

  private boolean dumpsElsewhere() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("control"));
    String killed = "sleep 60 & kill -ABRT $! && wait $!";
    return run("bash", "-c", DUMPING, folder.toString(), "bash", "-c", killed)
        .contains("core dumped");
  }

  /** Opens a file of {@code /proc/PID} for reading, and gives what was said against it. */
  private static String opened(ProcessHandle process, String file) throws Exception {
    List<String> command = new ArrayList<>(PLAIN);
    command.addAll(List.of("sh", "-c", ": <\"$0\"", "/proc/" + process.pid() + "/" + file));
    return run(command.toArray(String[]::new));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }

  /** Forbids nothing. */
  static final class OpenMain {
    public static void main(String[] args) throws InterruptedException {
      System.out.println("open");
      Thread.currentThread().join();
    }
  }
}
