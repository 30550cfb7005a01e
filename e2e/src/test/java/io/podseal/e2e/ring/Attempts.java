package io.podseal.e2e.ring;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.lab.Background;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * What a pod's application asks of another pod again and again, until it is closed: a page over
 * TCP, a UDP datagram to a port where nobody is, so that an error comes back (Linux sends one a
 * second), and an ICMP echo.
 */
final class Attempts implements AutoCloseable {
  private static final List<String> KINDS = List.of("page", "datagram", "echo_request");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Ring ring;
  private final Pod from;
  private final Background process;

  private Attempts(Ring ring, Pod from, Background process) {
    this.ring = ring;
    this.from = from;
    this.process = process;
  }

  /** Starts, and waits until each kind came; an answer may take {@code limit}, whole seconds. */
  static Attempts start(Ring ring, Pod from, Pod to, Duration limit) {
    var script =
        """
        rm -f /tmp/enough
        page() { curl -sS --max-time %2$d http://%1$s:8080/ | grep -q "%3$s"; }
        datagram() { traceroute -n -f 8 -m 8 -q 1 -w %2$d %1$s | grep -q " ms"; }
        echo_request() { ping -n -c 1 -W %2$d %1$s; }
        again() {
          until [ -e /tmp/enough ]; do
            if "$1" >/dev/null 2>&1; then echo "$1 came"; else echo "$1 failed"; fi
            sleep "$2"
          done
        }
        again page 0.1 & again datagram 1.2 & again echo_request 0.1 &
        wait
        """
            .formatted(to.getStatus().getPodIP(), limit.toSeconds(), Workloads.PAGE);
    var process = ring.start("attempts.log", from, "sh", "-c", script);
    var attempts = new Attempts(ring, from, process);
    attempts.awaitMoreThat("came", () -> {});
    return attempts;
  }

  /** Carries out {@code change} and waits until one more of each kind failed. */
  void awaitFailuresAfter(Runnable change) {
    awaitMoreThat("failed", change);
  }

  /** Waits until one more of each kind came. */
  void awaitSuccess() {
    awaitMoreThat("came", () -> {});
  }

  /** How many failed so far, of any kind. */
  long failures() {
    return KINDS.stream().mapToLong(kind -> count(kind + " failed")).sum();
  }

  private void awaitMoreThat(String result, Runnable change) {
    var before = KINDS.stream().map(kind -> count(kind + " " + result)).toList();
    change.run();
    for (int i = 0; i < KINDS.size(); i++) {
      var line = KINDS.get(i) + " " + result;
      long seen = before.get(i);
      Awaitility.await(line)
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> count(line) > seen);
    }
  }

  private long count(String line) {
    return process.logged().lines().filter(line::equals).count();
  }

  @Override
  public void close() {
    ring.exec(from, "touch", "/tmp/enough");
    if (!process.ended(Duration.ofSeconds(15))) {
      process.close();
    }
  }
}
