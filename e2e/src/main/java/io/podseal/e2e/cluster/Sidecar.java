package io.podseal.e2e.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Pod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A sidecar process in one pod, and what it says of itself on its health port. Thread-safe. */
public final class Sidecar implements AutoCloseable {
  static final int HEALTH_PORT = 9808;

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration READY_LIMIT = Duration.ofSeconds(30);

  private final Pod pod;
  private final Background process;

  Sidecar(Pod pod, Background process) {
    this.pod = pod;
    this.process = process;
  }

  /** Starts a sidecar in {@code pod} with {@code environment}; what it says goes to {@code log}. */
  public static Sidecar start(Pod pod, Map<String, String> environment, Path log) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("PODSEAL_HEALTH_PORT", Integer.toString(HEALTH_PORT));
    String name = "sidecar-" + pod.name();
    return new Sidecar(pod, pod.start(name, all, log, Build.sidecar().toArray(String[]::new)));
  }

  /** Returns the process. */
  public Background process() {
    return process;
  }

  /** Returns whether {@code /readyz} says yes. */
  public boolean ready() {
    return get("readyz").ok();
  }

  /** Waits until the sidecar is ready; its end, or 30 s without, is an error that names the log. */
  public Sidecar awaitReady() {
    try {
      Awaitility.await()
          .atMost(READY_LIMIT)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> !process.running() || ready());
    } catch (ConditionTimeoutException e) {
      throw new IllegalStateException(
          pod.name() + ": not ready after " + READY_LIMIT.toSeconds() + " s; see " + process.log(),
          e);
    }
    if (!process.running()) {
      throw new IllegalStateException(
          pod.name() + ": ended with exit code " + process.exit() + "; see " + process.log());
    }
    return this;
  }

  /** Returns {@code /status}. */
  public JsonNode status() {
    String text = get("status").must();
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not JSON from /status of " + pod.name() + ": " + text, e);
    }
  }

  /** Returns the Prometheus page. */
  public String metrics() {
    return get("metrics").must();
  }

  /**
   * Returns the sum of all samples of {@code metric} whose line contains every one of {@code
   * labels}.
   */
  public double metric(String metric, String... labels) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
        .filter(line -> Arrays.stream(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private Command.Result get(String path) {
    return pod.command(
            "curl", "-sSf", "--max-time", "2", "http://127.0.0.1:" + HEALTH_PORT + "/" + path)
        .run();
  }

  @Override
  public void close() {
    process.close();
  }
}
