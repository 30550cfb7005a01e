package io.podseal.e2e.ring;

import io.podseal.e2e.lab.Background;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A running {@code kubectl port-forward} on a local port of its choice. */
final class PortForward implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("Forwarding from 127.0.0.1:(\\d+)");

  private final Background process;
  private final int port;

  private PortForward(Background process, int port) {
    this.process = process;
    this.port = port;
  }

  static PortForward start(Ring ring, String namespace, String pod, int port) {
    var process =
        Background.start(
            "port-forward",
            List.of("kubectl", "port-forward", "-n", namespace, "pod/" + pod, ":" + port),
            Map.of(),
            ring.keep("port-forward.log", ""));
    var found =
        Awaitility.await("kubectl port-forward")
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> LISTENING.matcher(process.logged()).results().findFirst(),
                Optional::isPresent);
    return new PortForward(process, Integer.parseInt(found.orElseThrow().group(1)));
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.close();
  }
}
