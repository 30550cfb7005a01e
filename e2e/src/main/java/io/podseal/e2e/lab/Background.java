package io.podseal.e2e.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program left running with both its outputs in one log file; closing it ends it. Thread-safe.
 */
public final class Background implements AutoCloseable {
  private final String name;
  private final Path log;
  private final Process process;

  private Background(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts {@code line} with {@code environment} added to this process's, appending to {@code log}.
   */
  public static Background start(
      String name, List<String> line, Map<String, String> environment, Path log) {
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.environment().putAll(environment);
      builder.redirectErrorStream(true);
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      return new Background(name, log, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name + ": " + line, e);
    }
  }

  /** Returns the name given at the start, for messages. */
  public String name() {
    return name;
  }

  /** Returns where both outputs go. */
  public Path log() {
    return log;
  }

  /** Returns the process id, as this process sees it. */
  public long pid() {
    return process.pid();
  }

  /** Returns whether the program is still running. */
  public boolean running() {
    return process.isAlive();
  }

  /** Returns everything logged so far. */
  public String logged() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends SIGKILL and waits until the program is gone. */
  public void kill() {
    process.destroyForcibly();
    if (!ended(Duration.ofSeconds(10))) {
      throw new IllegalStateException(name + " outlived SIGKILL by 10 s");
    }
  }

  /** Sends SIGTERM and returns at once; {@link #ended} waits. */
  public void terminate() {
    process.destroy();
  }

  /** Waits for the end of the program and returns whether it came within {@code limit}. */
  public boolean ended(Duration limit) {
    try {
      return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }

  /** Returns the exit code of a program that ended. */
  public int exit() {
    return process.exitValue();
  }

  @Override
  public void close() {
    terminate();
    if (!ended(Duration.ofSeconds(5))) {
      kill();
    }
  }
}
