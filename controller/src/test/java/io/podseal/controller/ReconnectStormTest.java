package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReconnectStormTest {
  private static final int PODS = 60;
  private static final int BURST = 20;
  private static final int PER_SECOND = 20;

  private final ControllerFixture fixture =
      new ControllerFixture(
          ControlLimits.DEFAULT,
          new PodAuthenticator.Limits(16, PER_SECOND, BURST, 1, 5),
          Instant.now());

  @AfterEach
  void stop() {
    fixture.close();
  }

  /**
   * istio#29187, PR#35046, and istio#27945: all proxies come back at once, and their TokenReviews
   * throttle the API server for everybody.
   */
  @Test
  void istio29187_manySidecarsThatComeBackTogetherAreLetInAtABoundedRate() {
    var tokens = new ArrayList<String>();
    var before = new ArrayList<TestSidecar>();
    for (int i = 0; i < PODS; i++) {
      if (i % PER_SECOND == 0) {
        fixture.clock.advance(Duration.ofSeconds(1));
      }
      var pod = fixture.pod("web-" + i, "web", "10.1." + i / 250 + "." + i % 250);
      tokens.add(fixture.token(pod));
      before.add(fixture.connect(tokens.getLast()));
      await().until(() -> !before.getLast().updates().isEmpty());
    }

    fixture.restart();

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(before).allSatisfy(one -> assertThat(one.ended()).isNotNull()));
    var after = connectAll(tokens);
    assertThat(after).hasSize(PODS).allSatisfy(sidecar -> assertThat(sidecar.ended()).isNull());
  }

  /** Foreign tokens cost a TokenReview each, and anybody who reaches the port can send them. */
  @Test
  void aFloodOfForeignTokensFromOneAddressKeepsNobodyElseOut() {
    var flood = new ArrayList<TestSidecar>();
    int before = fixture.api.tokenReviews();
    try (var audit = CapturedLog.of("audit")) {
      for (int i = 0; i < 3 * BURST; i++) {
        flood.add(fixture.connectFrom("127.0.0.66", "foreign-" + i));
      }
      await().until(() -> flood.stream().allMatch(one -> one.ended() != null));
      assertThat(fixture.api.tokenReviews() - before).isBetween(1, 5);
      var denials = AuditLines.in(String.join("\n", audit.lines()), AuditLines.DENIED_UNKNOWN);
      assertThat(denials)
          .as("a line for each reason, not for each attempt")
          .extracting(line -> line.group("reason"))
          .containsExactlyInAnyOrder("not_authenticated", "throttled");
    }

    var orders = fixture.sidecar(fixture.pod("orders-0", "orders", "10.0.0.1"));
    await().until(() -> !orders.updates().isEmpty());
    assertThat(orders.ended()).isNull();
  }

  /** All that are not let in yet try each second, all at once. */
  private List<TestSidecar> connectAll(List<String> tokens) {
    var begin = fixture.clock.instant();
    int reviewedBefore = fixture.api.tokenReviews();
    var in = new ArrayList<TestSidecar>();
    Deque<String> waiting = new ArrayDeque<>(tokens);
    for (int round = 0; !waiting.isEmpty() && round < 3 * PODS / PER_SECOND; round++) {
      var tried = waiting.stream().map(fixture::connect).toList();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              tried.stream().allMatch(one -> one.ended() != null || !one.updates().isEmpty()));
      long seconds = Duration.between(begin, fixture.clock.instant()).toSeconds();
      assertThat(fixture.api.tokenReviews() - reviewedBefore)
          .as("TokenReviews after %d s", seconds)
          .isLessThanOrEqualTo(BURST + (int) seconds * PER_SECOND);
      for (var one : tried) {
        var token = waiting.remove();
        var end = one.ended();
        if (end == null) {
          in.add(one);
        } else {
          assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
          waiting.add(token);
        }
      }
      fixture.clock.advance(Duration.ofSeconds(1));
    }
    assertThat(waiting).as("never let in").isEmpty();
    return in;
  }
}
