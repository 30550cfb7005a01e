package io.podseal.e2e.cluster;

import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A running controller process on the lab's node. Confined to one thread. */
public final class Controller implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(120);

  private final Background process;
  private final String address;
  private final int controlPort;
  private final int webhookPort;
  private final int httpPort;

  private Controller(
      Background process, String address, int controlPort, int webhookPort, int httpPort) {
    this.process = process;
    this.address = address;
    this.controlPort = controlPort;
    this.webhookPort = webhookPort;
    this.httpPort = httpPort;
  }

  /** Starts a controller that pods reach at {@code address} and waits until it leads. */
  public static Controller start(String address, Path kubeconfig, int controlPort, Path log) {
    Controller controller = replica(address, kubeconfig, controlPort, log, Map.of());
    try {
      Awaitility.await("a control plane on port " + controlPort + "; see " + log)
          .atMost(START_LIMIT)
          .pollInterval(Duration.ofMillis(50))
          .until(controller::serving);
      return controller;
    } catch (ConditionTimeoutException e) {
      controller.close();
      throw e;
    }
  }

  /** Starts one of several controllers and waits until it is ready to lead. */
  public static Controller replica(
      String address, Path kubeconfig, int controlPort, Path log, Map<String, String> more) {
    int httpPort = freePort();
    int webhookPort = freePort();
    Map<String, String> environment = new HashMap<>(more);
    environment.put("KUBECONFIG", kubeconfig.toString());
    // As in the image.
    environment.put("MALLOC_ARENA_MAX", "2");
    environment.put("PODSEAL_CONTROL_PORT", Integer.toString(controlPort));
    environment.putIfAbsent("PODSEAL_SERVER_NAME", Cluster.SERVER_NAME);
    environment.put("PODSEAL_WEBHOOK_PORT", Integer.toString(webhookPort));
    environment.put("QUARKUS_HTTP_PORT", Integer.toString(httpPort));
    Background process = Background.start("controller", Build.controller(), environment, log);
    Controller controller = new Controller(process, address, controlPort, webhookPort, httpPort);
    try {
      Awaitility.await()
          .atMost(START_LIMIT)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> !process.running() || controller.ready());
    } catch (ConditionTimeoutException e) {
      process.close();
      throw new IllegalStateException(
          "the controller is not ready after " + START_LIMIT.toSeconds() + " s; see " + log, e);
    }
    if (!process.running()) {
      throw new IllegalStateException(
          "the controller ended with exit code " + process.exit() + "; see " + log);
    }
    return controller;
  }

  /** Returns the address and port of the control plane. */
  public String endpoint() {
    return address + ":" + controlPort;
  }

  /** Returns the port of the control plane. */
  public int port() {
    return controlPort;
  }

  /** Returns whether it leads: the control plane listens. */
  public boolean serving() {
    try (Socket socket = new Socket(address, controlPort)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the port of the admission webhook. */
  public int webhookPort() {
    return webhookPort;
  }

  /** Returns the process. */
  public Background process() {
    return process;
  }

  /** Returns the Prometheus page. */
  public String metrics() {
    return Command.of("curl", "-sS", "http://" + address + ":" + httpPort + "/q/metrics").must();
  }

  /** Returns whether it says that it does its part. */
  public boolean ready() {
    return Command.of(
            "curl",
            "-sf",
            "-o",
            "/dev/null",
            "http://" + address + ":" + httpPort + "/q/health/ready")
        .run()
        .ok();
  }

  @Override
  public void close() {
    process.close();
  }

  /** Returns a TCP port that nothing on the node listens on. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
