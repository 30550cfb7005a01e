package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.lab.Command;
import java.time.Duration;
import org.awaitility.Awaitility;

/** What one pod sends to another one, and what the wire must have shown of it. */
final class Traffic {
  private final Ring ring;

  Traffic(Ring ring) {
    this.ring = ring;
  }

  Command.Result fetch(Pod from, String host) {
    return ring.exec(from, "curl", "-sS", "--max-time", "10", "http://" + host + "/");
  }

  Command.Result fetch(Pod from, Pod to) {
    return fetch(from, to.getStatus().getPodIP() + ":8080");
  }

  /** Returns whether the page comes within a second. */
  boolean answers(Pod from, Pod to) {
    var page = "http://" + to.getStatus().getPodIP() + ":8080/";
    return ring.exec(from, "curl", "-sS", "--max-time", "1", page).ok();
  }

  /** Fetches until the page comes: the two sidecars may have learnt of one another just now. */
  void awaitPage(Pod from, Pod to) {
    awaitPage(from, to.getStatus().getPodIP() + ":8080");
  }

  void awaitPage(Pod from, String host) {
    Awaitility.await("page of " + host + " for " + from.getMetadata().getName())
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> fetch(from, host).out().contains(Workloads.PAGE));
  }

  void assertPage(Pod from, Pod to) {
    assertThat(fetch(from, to).out())
        .as("page of %s for %s", to.getMetadata().getName(), from.getMetadata().getName())
        .contains(Workloads.PAGE);
  }

  void assertPing(Pod from, Pod to, int bytes) {
    assertThat(
            ring.exec(
                from,
                "ping",
                "-n",
                "-c",
                "2",
                "-W",
                "5",
                "-s",
                Integer.toString(bytes),
                to.getStatus().getPodIP()))
        .as("ping of %d bytes", bytes)
        .matches(Command.Result::ok);
  }

  /** Sends 20 MB over TCP, or 1,000 datagrams over UDP. */
  void assertBulk(Pod from, Pod to, boolean udp) {
    var address = to.getStatus().getPodIP();
    var result =
        udp
            ? ring.exec(from, "iperf3", "-c", address, "-u", "-l", "1000", "-b", "8M", "-t", "1")
            : ring.exec(from, "iperf3", "-c", address, "-n", "20M");
    assertThat(result).as("iperf3: %s%s", result.out(), result.err()).matches(Command.Result::ok);
  }

  /** Asserts that the pair talked, and never in clear. */
  void assertSealed(Pod a, Pod b) {
    var seen = ring.between(a, b);
    assertThat(seen.count(WireKind.ESP)).as("ESP packets").isPositive();
    assertThat(seen.sequenceRepeats()).as("repeated ESP sequence numbers").isZero();
    assertNothingClear(a, b);
  }

  void assertNothingClear(Pod a, Pod b) {
    assertThat(ring.between(a, b).clear())
        .as("clear packets between %s and %s", a.getMetadata().getName(), b.getMetadata().getName())
        .isEmpty();
    assertThat(ring.sniffer().drops().others()).as("packets the sniffer missed").isZero();
  }
}
