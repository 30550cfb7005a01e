package io.podseal.controller;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged application as a process of its own, with the flags of the image. */
final class PackagedController implements AutoCloseable {
  private static final Path APPLICATION = Path.of("target/quarkus-app/quarkus-run.jar");
  private static final Path FLAGS = Path.of("src/main/jvm/args");
  private static final Pattern CONTROL = Pattern.compile("control plane on port (\\d+)");
  private static final Pattern HTTP = Pattern.compile("Listening on: http://[^:]+:(\\d+)");

  /** Everything it has said so far. */
  final List<String> output = new CopyOnWriteArrayList<>();

  private final Process process;

  private PackagedController(Process process) {
    this.process = process;
    Thread.ofVirtual()
        .start(() -> {
          try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(output::add);
          } catch (IOException | UncheckedIOException e) {
            output.add("(end of output: " + e.getMessage() + ")");
          }
        });
  }

  /**
   * Starts it by the programs in {@code prefix}.
   *
   * @param folder for its kubeconfig
   */
  static PackagedController start(
      Path folder, String kubeconfig, List<String> prefix, Map<String, String> environment) {
    try {
      var file = Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
      var line = new ArrayList<>(prefix);
      line.addAll(java("-jar", APPLICATION.toAbsolutePath().toString()));
      var builder = new ProcessBuilder(line).redirectErrorStream(true);
      builder.environment().put("KUBECONFIG", file.toString());
      builder.environment().put("PODSEAL_CONTROL_PORT", "0");
      builder.environment().put("PODSEAL_WEBHOOK_PORT", "0");
      builder.environment().put("QUARKUS_HTTP_PORT", "0");
      builder.environment().put("QUARKUS_LOG_CATEGORY__IO_QUARKUS__LEVEL", "INFO");
      builder.environment().putAll(environment);
      return new PackagedController(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The command line of a JVM with the flags of the image. */
  static List<String> java(String... arguments) {
    var line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + FLAGS.toAbsolutePath()));
    line.addAll(List.of(arguments));
    return line;
  }

  /** The process, or what stands before it and did not become it, such as a shell. */
  Process process() {
    return process;
  }

  /** The port of the control plane, once it listens. */
  int controlPort() {
    return port(CONTROL);
  }

  /** The port of health and metrics, once it listens. */
  int httpPort() {
    return port(HTTP);
  }

  private int port(Pattern pattern) {
    await()
        .alias("output so far: " + output)
        .atMost(Duration.ofSeconds(60))
        .until(() -> output.stream().map(pattern::matcher).anyMatch(Matcher::find));
    return output.stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
