package io.podseal.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.sidecar.linux.NetworkNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A Java program in a pod's network, started as the sidecar's image does, and what it prints. */
final class PodProcess implements AutoCloseable {
  private static final int START_SECONDS = 30;
  private static final int END_SECONDS = 2;

  /** Lines that {@link #awaitLine} has read, or all of them after {@link #exitCode}. */
  final List<String> output = new ArrayList<>();

  private final Process process;
  private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();
  private final Thread reader;

  private PodProcess(Process process) {
    this.process = process;
    this.reader = Thread.ofPlatform().daemon().start(this::read);
  }

  /** Starts {@code main} by the programs in {@code prefix}, which may take something from it. */
  static PodProcess java(
      NetworkNamespace pod,
      List<String> prefix,
      Map<String, String> environment,
      Class<?> main,
      String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
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
    return new PodProcess(pod.call(builder::start));
  }

  /** The program, or what stands before it and did not become it, such as a shell. */
  ProcessHandle handle() {
    return process.toHandle();
  }

  boolean running() {
    return process.isAlive();
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
    // The self-test has a thread of its own, and may come to its end in between.
    assertThat(output.stream().filter(line -> !line.contains("self-test")).toList().getLast())
        .contains(what);
  }

  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(START_SECONDS, TimeUnit.SECONDS)).as("ends").isTrue();
    reader.join();
    unread.drainTo(output);
    return process.exitValue();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
