package io.podseal.controller;

import static io.podseal.controller.ControllerFixture.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podseal.crds.v1alpha1.PairCounts;
import io.podseal.crds.v1alpha1.PortSpec;
import io.podseal.crds.v1alpha1.SecurePeering;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusTest {
  private final ControllerFixture fixture = new ControllerFixture();

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void aPeeringBecomesReadyWhenBothEndsHaveTheirKeys() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
    awaitReady("False/SidecarNotConnected");
    assertThat(fixture.condition("p", "Accepted")).isEqualTo("True/Accepted");
    assertThat(fixture.condition("p", "ResolvedRefs")).isEqualTo("True/ResolvedRefs");
    await().untilAsserted(() -> assertThat(pairs()).isEqualTo(PairCounts.of(1, 0, 0)));

    var atOrders = fixture.sidecar(orders);
    fixture.sidecar(db);
    awaitReady("True/AllPairsKeyed");
    assertThat(pairs()).isEqualTo(PairCounts.of(1, 1, 0));
    assertThat(pairs().summary()).isEqualTo("1/1");
    assertThat(peering().getStatus().observedGeneration()).isEqualTo(1);

    atOrders.reportLive(identity(db));
    await().untilAsserted(() -> assertThat(pairs()).isEqualTo(PairCounts.of(1, 1, 1)));
    await().until(() -> fixture.metric("podseal.pairs", "state", "active") == 1);
    assertThat(fixture.metric("podseal.pairs", "state", "keyed")).isEqualTo(1);

    atOrders.reportLive();
    await().untilAsserted(() -> assertThat(pairs()).isEqualTo(PairCounts.of(1, 1, 0)));
  }

  @Test
  void reportsAboutPodsThatAreNoPeersCountNothing() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
    fixture.sidecar(db);
    var atOrders = fixture.sidecar(orders);
    awaitReady("True/AllPairsKeyed");

    atOrders.reportLive("someone.shop.pods.cluster.local", identity(orders));
    atOrders.reportLive(identity(db), "someone.shop.pods.cluster.local");

    await().untilAsserted(() -> assertThat(pairs()).isEqualTo(PairCounts.of(1, 1, 1)));
  }

  @Test
  void aPodWithoutSidecarIsNamed() {
    fixture.pod("orders-0", "orders", "10.0.0.1", false);
    fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");

    awaitReady("False/SidecarMissing");
    assertThat(ready().getMessage()).contains("shop/orders-0", "podseal.io/inject=true");
    assertThat(pairs()).isEqualTo(PairCounts.of(1, 0, 0));
  }

  @Test
  void anInvalidPeeringSaysSoAndChangesNothingElse() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
    fixture.sidecar(orders);
    var atDb = fixture.sidecar(db);
    awaitReady("True/AllPairsKeyed");
    var before = atDb.updates();

    fixture.peering("bad", "orders", "db", new PortSpec("TCP", 90, 80));

    await()
        .untilAsserted(
            () -> assertThat(fixture.condition("bad", "Accepted")).isEqualTo("False/Invalid"));
    assertThat(fixture.condition("bad", "Ready")).isEqualTo("False/Invalid");
    assertThat(fixture.condition("p", "Ready")).isEqualTo("True/AllPairsKeyed");
    assertThat(atDb.updates()).isEqualTo(before);
    await()
        .untilAsserted(() ->
            assertThat(events("bad"))
                .anySatisfy(event -> {
                  assertThat(event.getType()).isEqualTo("Warning");
                  assertThat(event.getMessage()).contains("spec.ports[0].endPort");
                }));
  }

  @Test
  void whoLeavesForAMomentDoesNotShakeTheStatusAndWhoStaysAwayDoes() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    fixture.sidecar(fixture.pod("db-0", "db", "10.0.0.2"));
    fixture.peering("p", "orders", "db");
    var atOrders = fixture.sidecar(orders);
    awaitReady("True/AllPairsKeyed");
    var since = ready().getLastTransitionTime();

    atOrders.close();
    await().until(() -> fixture.metric("podseal.streams") == 1);
    var again = fixture.sidecar(orders);
    await().until(() -> !again.updates().isEmpty());
    fixture.clock.advance(Duration.ofSeconds(1));
    assertThat(ready().getStatus()).isEqualTo("True");
    assertThat(ready().getLastTransitionTime()).isEqualTo(since);

    again.close();
    await().until(() -> fixture.metric("podseal.streams") == 1);
    fixture.clock.advance(Duration.ofSeconds(16));
    awaitReady("False/SidecarNotConnected");
    assertThat(Instant.parse(ready().getLastTransitionTime())).isAfter(Instant.parse(since));
  }

  @Test
  void nothingIsWrittenWhenNothingChanges() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
    fixture.sidecar(db);
    var atOrders = fixture.sidecar(orders);
    awaitReady("True/AllPairsKeyed");
    await().until(() -> events("p").size() == 1);
    int requests = fixture.api.requests();

    for (int i = 0; i < 5; i++) {
      double passes = fixture.metric("podseal.reconcile");
      fixture.pod("web-" + i, "web", "10.0.1." + i);
      await().until(() -> fixture.metric("podseal.reconcile") > passes);
    }
    atOrders.reportLive();
    atOrders.reportLive(identity(db));
    await().until(() -> fixture.metric("podseal.pairs", "state", "active") == 1);

    assertThat(fixture.api.requests())
        .as("five pods made here, and one status read and patched")
        .isEqualTo(requests + 5 + 2);
  }

  @Test
  void aStatusThatSomebodyElseChangedIsCorrectedInTime() {
    fixture.peering("p", "orders", "db");
    awaitReady("False/NoPods");

    fixture
        .api
        .client()
        .resources(SecurePeering.class)
        .inNamespace("shop")
        .withName("p")
        .subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"pairs\":{\"desired\":77}}}");
    fixture.clock.advance(Duration.ofSeconds(31));
    fixture.pod("web-0", "web", "10.0.0.3");

    await().untilAsserted(() -> assertThat(pairs()).isEqualTo(PairCounts.of(0, 0, 0)));
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 500})
  void aStatusThatTheApiServerRefusesIsWrittenOnceItCanBeThoughNothingElseHappens(int code) {
    // A new leader looks at statuses again and again until sidecars have had time to come back.
    fixture.clock.advance(Duration.ofMinutes(1));
    fixture.api.refuseStatuses(code);
    int before = fixture.api.requests();
    fixture.peering("p", "orders", "db");
    await().until(() -> fixture.api.requests() >= before + 2);
    assertThat(fixture.condition("p", "Ready")).isEqualTo("-");

    fixture.api.refuseStatuses(0);
    fixture.clock.advance(Duration.ofSeconds(31));

    awaitReady("False/NoPods");
  }

  @Test
  void becomingReadyIsAnEvent() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
    fixture.sidecar(orders);
    fixture.sidecar(db);
    awaitReady("True/AllPairsKeyed");

    await()
        .untilAsserted(() ->
            assertThat(events("p"))
                .anySatisfy(event -> {
                  assertThat(event.getReason()).isEqualTo("AllPairsKeyed");
                  assertThat(event.getType()).isEqualTo("Normal");
                }));
  }

  private void awaitReady(String expected) {
    await().untilAsserted(() -> assertThat(fixture.condition("p", "Ready")).isEqualTo(expected));
  }

  private SecurePeering peering() {
    return fixture
        .api
        .client()
        .resources(SecurePeering.class)
        .inNamespace("shop")
        .withName("p")
        .get();
  }

  private PairCounts pairs() {
    var pairs = peering().getStatus().pairs();
    if (pairs == null) {
      throw new AssertionError("no pairs in the status");
    }
    return pairs;
  }

  private Condition ready() {
    var conditions = peering().getStatus().conditions();
    if (conditions == null) {
      throw new AssertionError("no conditions in the status");
    }
    return conditions.stream()
        .filter(condition -> condition.getType().equals("Ready"))
        .findFirst()
        .orElseThrow();
  }

  private List<Event> events(String peering) {
    return fixture.api.client().v1().events().inNamespace("shop").list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(peering))
        .toList();
  }
}
