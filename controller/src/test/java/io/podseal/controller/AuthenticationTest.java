package io.podseal.controller;

import static io.podseal.controller.ControllerFixture.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import io.podseal.control.v1.SidecarMessage;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuthenticationTest {
  private final ControllerFixture fixture = new ControllerFixture();
  private Pod orders = new Pod();
  private Pod db = new Pod();

  @BeforeEach
  void twoPods() {
    orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void nobodyIsToldAnythingWithoutAGoodToken() {
    refused("", "no_token");
    refused("eyJhbGciOiJub25lIn0.e30.x", "not_authenticated");
    refused(fixture.token(orders, "vault", Duration.ofMinutes(5)), "not_authenticated");
    refused(fixture.token(orders, "podseal", Duration.ofSeconds(-5)), "not_authenticated");
  }

  @Test
  void theTokenOfADeletedPodIsWorthNothingThoughTheApiServerStillAcceptsIt() {
    var token = fixture.token(orders);
    fixture.delete(orders);

    refused(token, "pod_unknown");
  }

  @Test
  void theTokenOfAFinishedPodIsWorthNothing() {
    fixture.phase(orders, "Succeeded");
    await()
        .untilAsserted(() -> {
          var sidecar = fixture.sidecar(orders);
          await().until(() -> sidecar.ended() != null);
          assertThat(sidecar.updates()).isEmpty();
          assertThat(fixture.metric("podseal.streams.denied", "reason", "pod_finished"))
              .isPositive();
        });
  }

  @Test
  void aPodWithoutSidecarGetsNoStream() {
    var bare = fixture.pod("bare-0", "orders", "10.0.0.3", false);

    refused(fixture.token(bare), "pod_not_injected");
  }

  @Test
  void deletingAPodEndsItsStreamAtOnce() {
    var sidecar = fixture.sidecar(orders);
    await().until(() -> !sidecar.updates().isEmpty());

    fixture.delete(orders);

    await().until(() -> sidecar.ended() != null);
    assertThat(code(sidecar)).isEqualTo(Status.Code.UNAUTHENTICATED);
    await().until(() -> fixture.metric("podseal.streams") == 0);
  }

  /** istio#60649: what an application says while it ends must still get through. */
  @Test
  void istio60649_aPodThatIsOnlyBeingDeletedKeepsItsStream() {
    var sidecar = fixture.sidecar(orders);
    await().until(() -> sidecar.peers().containsKey(identity(db)));
    fixture
        .api
        .client()
        .pods()
        .inNamespace("shop")
        .withName("orders-0")
        .edit(pod -> {
          pod.getMetadata().setFinalizers(java.util.List.of("test/hold"));
          return pod;
        });

    fixture.delete(orders);
    fixture.pod("db-1", "db", "10.0.0.4");

    await().until(() -> sidecar.peers().size() == 2);
    assertThat(sidecar.ended()).isNull();
  }

  @Test
  void whileTheApiServerFailsStreamsStayAndNewOnesWait() {
    var sidecar = fixture.sidecar(orders);
    await().until(() -> sidecar.peers().containsKey(identity(db)));

    fixture.api.failTokenReviews(true);
    var late = fixture.sidecar(db);
    await().until(() -> late.ended() != null);
    assertThat(code(late)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(late.updates()).isEmpty();

    int asked = fixture.api.tokenReviews();
    fixture.clock.advance(Duration.ofMinutes(6));
    await().until(() -> fixture.api.tokenReviews() > asked);
    fixture.pod("db-1", "db", "10.0.0.4");
    await().until(() -> sidecar.peers().size() == 2);
    assertThat(sidecar.ended()).isNull();

    fixture.api.failTokenReviews(false);
    fixture.clock.advance(Duration.ofSeconds(31));
    int askedThen = fixture.api.tokenReviews();
    await().until(() -> fixture.api.tokenReviews() > askedThen);
    fixture.clock.advance(Duration.ofSeconds(31));
    assertThat(sidecar.ended()).isNull();
  }

  @Test
  void aStreamOutlivesTheApiServerForABoundedTimeOnly() {
    var sidecar = fixture.connect(fixture.token(orders, "podseal", Duration.ofHours(2)));
    await().until(() -> !sidecar.updates().isEmpty());
    fixture.api.failTokenReviews(true);

    var begin = fixture.clock.instant();
    await()
        .until(() -> {
          fixture.clock.advance(Duration.ofSeconds(31));
          return sidecar.ended() != null;
        });

    assertThat(code(sidecar)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(Duration.between(begin, fixture.clock.instant()))
        .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(20));
  }

  @Test
  void aTokenThatIsRevokedEndsItsStream() {
    var sidecar = fixture.sidecar(orders);
    await().until(() -> !sidecar.updates().isEmpty());

    fixture.api.deletePodTokens(orders.getMetadata().getUid());
    fixture.clock.advance(Duration.ofMinutes(6));

    await().until(() -> sidecar.ended() != null);
    assertThat(code(sidecar)).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(fixture.metric("podseal.streams.denied", "reason", "not_authenticated"))
        .isEqualTo(1);
  }

  @Test
  void aStreamEndsSoonAfterItsToken() {
    var sidecar = fixture.connect(fixture.token(orders, "podseal", Duration.ofMinutes(2)));
    await().until(() -> !sidecar.updates().isEmpty());

    fixture.clock.advance(Duration.ofSeconds(121));
    fixture.pod("db-1", "db", "10.0.0.4");
    await().until(() -> sidecar.peers().size() == 2);

    fixture.clock.advance(Duration.ofSeconds(30));
    await().until(() -> sidecar.ended() != null);
    assertThat(code(sidecar)).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  void whoDoesNotIntroduceItselfIsSentAway() {
    var silent = fixture.silent(fixture.token(orders));
    await().until(() -> fixture.metric("podseal.streams") == 1);
    assertThat(silent.updates()).isEmpty();

    fixture.clock.advance(Duration.ofSeconds(11));

    await().until(() -> silent.ended() != null);
    assertThat(code(silent)).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(silent.updates()).isEmpty();
    assertThat(fixture.metric("podseal.streams.denied", "reason", "no_hello")).isEqualTo(1);
  }

  @Test
  void whoSpeaksBeforeHelloIsSentAway() {
    var rude = fixture.silent(fixture.token(orders));
    rude.reportLive("x");

    await().until(() -> rude.ended() != null);
    assertThat(code(rude)).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(rude.updates()).isEmpty();
  }

  @Test
  void anAbsurdMessageEndsTheStreamAndNothingElse() {
    var other = fixture.sidecar(db);
    var absurd = fixture.silent(fixture.token(orders));
    absurd.hello(Integer.MAX_VALUE);
    await().until(() -> absurd.ended() != null);
    assertThat(code(absurd)).isEqualTo(Status.Code.INVALID_ARGUMENT);

    var huge = fixture.sidecar(orders);
    await().until(() -> !huge.updates().isEmpty());
    huge.reportLive("x".repeat(300_000));
    await().until(() -> huge.ended() != null);

    var early = fixture.sidecar(orders);
    await().until(() -> !early.updates().isEmpty());
    early.send(
        SidecarMessage.newBuilder().setAck(io.podseal.control.v1.Ack.newBuilder().setRevision(99)));
    await().until(() -> early.ended() != null);
    assertThat(code(early)).isEqualTo(Status.Code.INVALID_ARGUMENT);

    assertThat(other.ended()).isNull();
  }

  @Test
  void aNewerStreamOfAPodReplacesTheOlder() {
    var first = fixture.sidecar(orders);
    await().until(() -> !first.updates().isEmpty());

    var second = fixture.sidecar(orders);

    await().until(() -> first.ended() != null && !second.updates().isEmpty());
    assertThat(code(first)).isEqualTo(Status.Code.ABORTED);
    assertThat(second.lastUpdate().getFull()).isTrue();
    assertThat(fixture.metric("podseal.streams")).isEqualTo(1);
  }

  private void refused(String token, String reason) {
    await()
        .untilAsserted(() -> {
          double before = fixture.metric("podseal.streams.denied", "reason", reason);
          var sidecar = fixture.connect(token);
          await().until(() -> sidecar.ended() != null);
          assertThat(code(sidecar)).isEqualTo(Status.Code.UNAUTHENTICATED);
          assertThat(sidecar.updates()).isEmpty();
          assertThat(fixture.metric("podseal.streams.denied", "reason", reason))
              .isEqualTo(before + 1);
        });
  }

  private static Status.Code code(TestSidecar sidecar) {
    var ended = sidecar.ended();
    return ended == null ? Status.Code.OK : ended.getCode();
  }
}
