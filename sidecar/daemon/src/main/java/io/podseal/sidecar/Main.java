package io.podseal.sidecar;

import io.podseal.sidecar.linux.LinuxException;
import io.podseal.sidecar.obs.Logging;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The sidecar's entry point.
 *
 * <p>Exit codes: 0 after SIGTERM, 1 for a bug, 2 for wrong options, 3 when the pod lacks something
 * that the last line names.
 */
@Command(
    name = "podseal-sidecar",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    description = "Seals this pod's traffic to its declared peers: IKEv2 and ESP in UDP.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:ended by SIGTERM",
      "1:a bug, see the log",
      "2:wrong options",
      "3:the pod lacks a privilege, a device or a free port; the last line says which"
    })
public final class Main implements Callable<Integer> {
  static final int EXIT_MISSING = 3;
  @Mixin private final SidecarOptions options = new SidecarOptions();

  @Option(
      names = "--train",
      hidden = true,
      description = "runs the hot code without touching the network, to train an AOT cache")
  private boolean train;

  private Main() {}

  /** Runs the sidecar until it is told to stop. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  /** After everything is closed, so that nothing is logged behind it. */
  private static int missing(RuntimeException what) {
    System.getLogger("podseal").log(System.Logger.Level.ERROR, what.getMessage());
    return EXIT_MISSING;
  }

  @Override
  public Integer call() throws Exception {
    try {
      Logging.start(options.logLevel);
      options.check();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    if (train) {
      new Training().run();
      return 0;
    }
    try (Sidecar sidecar = new Sidecar(options)) {
      return sidecar.run();
    } catch (LinuxException | MissingException e) {
      return missing(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LinuxException cause) {
        return missing(cause);
      }
      throw e;
    }
  }
}
