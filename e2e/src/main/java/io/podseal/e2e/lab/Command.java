package io.podseal.e2e.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A program to run to its end, with its arguments and the longest it may take.
 *
 * @param line the program and its arguments
 * @param limit after which the program is killed and the result says so
 */
public record Command(List<String> line, Duration limit) {

  /** Exit code of a {@link Result} whose program was killed for taking longer than its limit. */
  public static final int TIMED_OUT = -1;

  private static final Duration USUAL_LIMIT = Duration.ofSeconds(20);

  public Command {
    line = List.copyOf(line);
  }

  /** Returns a command with the usual limit of 20 s. */
  public static Command of(String... line) {
    return new Command(Arrays.asList(line), USUAL_LIMIT);
  }

  /** Returns the same command with another limit. */
  public Command within(Duration newLimit) {
    return new Command(line, newLimit);
  }

  /** Returns the same command run by {@code prefix}, such as {@code ip netns exec NAME}. */
  public Command under(String... prefix) {
    List<String> whole = new ArrayList<>(Arrays.asList(prefix));
    whole.addAll(line);
    return new Command(whole, limit);
  }

  /** Runs the command and waits for it; a non-zero exit is a result, not an error. */
  public Result run() {
    return run("");
  }

  /** Runs the command with {@code input} as its standard input. */
  public Result run(String input) {
    long begun = System.nanoTime();
    try {
      Process process = new ProcessBuilder(line).start();
      CompletableFuture<String> out = text(process.getInputStream());
      CompletableFuture<String> err = text(process.getErrorStream());
      feed(process, input);
      boolean ended = process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      return new Result(
          this,
          ended ? process.exitValue() : TIMED_OUT,
          out.join(),
          err.join(),
          Duration.ofNanos(System.nanoTime() - begun));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + line, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + line, e);
    }
  }

  /**
   * Runs the command and returns its standard output; any exit but 0 is an error with what it said.
   */
  public String must() {
    return run().must();
  }

  private static void feed(Process process, String input) {
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // A program that ends without reading its input has said why by its exit code.
    }
  }

  private static CompletableFuture<String> text(InputStream stream) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try (stream) {
            text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
          } catch (IOException e) {
            text.complete("");
          }
        });
    return text;
  }

  /**
   * What a finished program left.
   *
   * @param exit its exit code, or {@link #TIMED_OUT}
   */
  public record Result(Command command, int exit, String out, String err, Duration elapsed) {

    /** Returns whether the program exited with 0. */
    public boolean ok() {
      return exit == 0;
    }

    /** Returns the standard output, or throws with everything the program said. */
    public String must() {
      if (!ok()) {
        throw new IllegalStateException(
            String.join(" ", command.line())
                + (exit == TIMED_OUT ? ": not done after " + command.limit() : ": exit " + exit)
                + (err.isBlank() ? "" : ": " + err.strip()));
      }
      return out;
    }
  }
}
