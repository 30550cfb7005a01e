package io.podseal.controller.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podseal.controller.apiserver.MockApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own, as the chart's Job runs it. */
class CleanupTest {
  private static final String SYSTEM = "podseal-system";

  private final MockApiServer api = MockApiServer.start();
  @TempDir private Path folder = Path.of("");

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void aDeadlineThatEndsItWhileItWaitsLeavesTheControllerAtWork() throws Exception {
    InstalledController.of(api.client(), SYSTEM, 2);
    var output = folder.resolve("output");
    var process = start(output);
    try {
      await().atMost(Duration.ofSeconds(30)).until(() -> replicas() == 0);

      process.destroy();

      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(replicas()).isEqualTo(2);
      assertThat(output).content().contains("told to end, the controller is scaled back");
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(Path output) throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Podsealctl.class.getName(),
            "cleanup",
            "--namespace",
            SYSTEM);
    var kubeconfig = Files.writeString(folder.resolve("kubeconfig"), api.kubeconfig());
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    return builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
  }

  private int replicas() {
    return api.client()
        .apps()
        .deployments()
        .inNamespace(SYSTEM)
        .withName("podseal-controller")
        .get()
        .getSpec()
        .getReplicas();
  }
}
