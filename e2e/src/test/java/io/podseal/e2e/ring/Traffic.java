package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.lab.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  /**
   * Sends 30 MB over TCP, of which the last may be on their way when iperf3 ends, and 1 MB in
   * datagrams; they arrive, and the wire carried them in ESP packets.
   */
  void assertBulk(Pod from, Pod to) {
    long before = ring.between(from, to).espBytes();

    long stream = received(from, to, "-n", "30M");
    long datagrams = received(from, to, "-u", "-l", "1000", "-b", "8M", "-t", "1");

    assertThat(stream).as("bytes received over TCP").isGreaterThan(20_000_000);
    assertThat(datagrams).as("bytes received in datagrams, of 1 MB").isGreaterThan(970_000);
    assertThat(ring.between(from, to).espBytes() - before)
        .as("bytes in ESP packets")
        .isGreaterThan(stream + datagrams);
  }

  /** What the other end says that it received: iperf3 reports no loss where nothing arrived. */
  private long received(Pod from, Pod to, String... options) {
    var line = new ArrayList<>(List.of("iperf3", "-J", "-c", to.getStatus().getPodIP()));
    line.addAll(Arrays.asList(options));
    var result = ring.exec(from, line.toArray(String[]::new));
    assertThat(result).as("iperf3: %s%s", result.out(), result.err()).matches(Command.Result::ok);
    try {
      return new JsonMapper().readTree(result.out()).at("/end/sum_received/bytes").asLong();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(result.out(), e);
    }
  }

  /** Asserts that the pair talked, in both directions, and never in clear. */
  void assertSealed(Pod a, Pod b) {
    var seen = ring.between(a, b);
    assertThat(seen.count(WireKind.ESP)).as("ESP packets").isPositive();
    assertThat(seen.spis()).as("SPIs, one for each direction").hasSizeGreaterThan(1);
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
