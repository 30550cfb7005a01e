package io.podseal.e2e.kube;

import io.podseal.e2e.lab.Command;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs {@code podsealctl} of the packaged controller against a cluster. */
public final class Podsealctl {
  private static final Path APPLICATION = Path.of("..", "controller", "target", "quarkus-app");
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final Path kubeconfig;

  public Podsealctl(Path kubeconfig) {
    this.kubeconfig = kubeconfig;
  }

  /** Runs it without input. */
  public Command.Result run(String... arguments) {
    return command(arguments).run();
  }

  /** Runs it with {@code input} as its standard input. */
  public Command.Result run(List<String> arguments, String input) {
    return command(arguments.toArray(String[]::new)).run(input);
  }

  private Command command(String... arguments) {
    var classes =
        Stream.of("app/*", "lib/main/*", "lib/boot/*", "quarkus/*")
            .map(part -> APPLICATION + "/" + part)
            .collect(Collectors.joining(":"));
    var line =
        new ArrayList<>(
            List.of(
                "env",
                "KUBECONFIG=" + kubeconfig,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classes,
                "io.podseal.controller.ctl.Podsealctl"));
    line.addAll(Arrays.asList(arguments));
    return new Command(line, LIMIT);
  }
}
