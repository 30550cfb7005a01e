package io.podseal.controller.ctl;

import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code podsealctl cleanup}: what the chart runs before it is uninstalled. */
@Command(
    name = "cleanup",
    description = {
      "Stops the controller and removes what it made at run time; the chart runs this when it is",
      "uninstalled. Peerings, master keys and the certificate authority stay, unless you purge them."
    },
    mixinStandardHelpOptions = true)
final class Cleanup implements Callable<Integer> {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--purge",
      description = "Also delete all peerings, master keys and the certificate authority.")
  private boolean purge;

  @Option(
      names = "--namespace",
      description = "Namespace of the controller (default: ${DEFAULT-VALUE}).",
      defaultValue = "${env:PODSEAL_NAMESPACE:-podseal-system}")
  private String namespace = "podseal-system";

  @Override
  public Integer call() {
    var terminal = Objects.requireNonNull(spec).commandLine();
    try (var client = new KubernetesClientBuilder().build()) {
      var remains = new Remains(client, namespace, terminal.getOut()::println);
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> giveUp(remains, terminal.getErr()), "give-up"));
      remains.stopController(STOP_LIMIT);
      remains.remove();
      if (purge) {
        remains.purge();
      }
      return 0;
    } catch (KubernetesClientException | IllegalStateException e) {
      terminal.getErr().println("podsealctl: cannot clean up: " + e.getMessage());
      return 1;
    }
  }

  /** Told to end, by a deadline or a drain: whatever comes next needs the controller. */
  private static void giveUp(Remains remains, PrintWriter err) {
    try {
      if (remains.giveUp()) {
        err.println("podsealctl: told to end, the controller is scaled back");
      }
    } catch (KubernetesClientException e) {
      err.println(
          "podsealctl: told to end, but cannot scale the controller back: " + e.getMessage());
    }
  }
}
