package io.podseal.controller.ctl;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The command {@code podsealctl}. Exit codes: 0 fine, 1 something is wrong, 2 usage, 3 no cluster,
 * 4 something could not be looked at.
 */
@Command(
    name = "podsealctl",
    description = "Looks after Podseal from outside of the cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {CheckCommand.class, InjectCommand.class, Cleanup.class},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:fine",
      "1:something is wrong",
      "2:usage",
      "3:the cluster cannot be reached",
      "4:something could not be looked at"
    })
public final class Podsealctl implements Runnable {
  static final int WRONG = 1;
  static final int UNSEEN = 4;
  static final int USAGE = 2;
  static final int UNREACHABLE = 3;

  private static final Logger CLIENT = Logger.getLogger("io.fabric8.kubernetes.client");

  @Spec private CommandSpec spec;

  private Podsealctl() {
    spec = CommandSpec.create();
  }

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    // What it warns of, the commands say themselves.
    CLIENT.setLevel(Level.SEVERE);
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Podsealctl())
        .setExecutionExceptionHandler((failure, command, result) -> report(failure, command));
  }

  private static int report(Exception failure, CommandLine command) {
    var err = command.getErr();
    if (failure instanceof KubernetesClientException api && answered(api)) {
      err.printf(
          "the API server refuses (HTTP %d): %s%n", api.getCode(), firstLine(api.getMessage()));
      return WRONG;
    }
    if (failure instanceof KubernetesClientException) {
      err.printf(
          "the cluster at %s cannot be reached: %s; is KUBECONFIG right?%n",
          Config.autoConfigure(null).getMasterUrl(), firstLine(cause(failure).getMessage()));
      return UNREACHABLE;
    }
    err.println(firstLine(failure.getMessage()));
    return failure instanceof IOException || failure instanceof IllegalArgumentException
        ? USAGE
        : WRONG;
  }

  /** A client for a person who waits: a cluster that does not answer is given up soon. */
  static KubernetesClient client() {
    var config = Config.autoConfigure(null);
    config.setRequestRetryBackoffLimit(2);
    config.setConnectionTimeout(5_000);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /** Whether the API server said it, and not the way there. */
  static boolean answered(KubernetesClientException failure) {
    return failure.getCode() > 0;
  }

  private static Throwable cause(Throwable failure) {
    var at = failure;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return at.getMessage() == null ? failure : at;
  }

  private static String firstLine(@org.jspecify.annotations.Nullable String text) {
    return text == null ? "no message" : text.lines().findFirst().orElse("no message");
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
