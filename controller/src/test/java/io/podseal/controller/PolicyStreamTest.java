package io.podseal.controller;

import static io.podseal.controller.ControllerFixture.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.micrometer.core.instrument.Timer;
import io.podseal.control.v1.Mode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PolicyStreamTest {
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
  void theFirstUpdateIsFullAndLaterOnesAreDeltas() {
    var atDb = connected(db, identity(orders));
    assertThat(atDb.lastUpdate().getFull()).isTrue();

    var web = fixture.pod("web-0", "web", "10.0.0.3");
    fixture.label(web, "orders");

    await().until(() -> atDb.peers().containsKey(identity(web)));
    var delta = atDb.lastUpdate();
    assertThat(delta.getFull()).isFalse();
    assertThat(delta.getRevision()).isEqualTo(2);
    assertThat(delta.hasSelf()).isFalse();
    assertThat(delta.getPeersList()).hasSize(1);
    assertThat(delta.getRemovedIdentitiesList()).isEmpty();
  }

  @Test
  void aPodThatComesBackGetsTheSameSecretForItsCrashDetectionAndNobodyElseDoes() {
    var first = connected(db, identity(orders)).self().getCrashSecret();
    var again = connected(db, identity(orders)).self().getCrashSecret();
    var other = connected(orders, identity(db)).self().getCrashSecret();

    assertThat(first.size()).isEqualTo(32);
    assertThat(again).isEqualTo(first);
    assertThat(other).isNotEqualTo(first);
  }

  @Test
  void aLabelThatGoesTakesThePairWithIt() {
    var atDb = connected(db, identity(orders));
    var atOrders = connected(orders, identity(db));

    fixture.label(orders, "retired");

    await().until(() -> atDb.peers().isEmpty() && atOrders.peers().isEmpty());
    assertThat(atDb.lastUpdate().getRemovedIdentitiesList()).containsExactly(identity(orders));
    assertThat(atDb.lastUpdate().getPeersList()).isEmpty();
  }

  @Test
  void deletingThePeeringEndsItsPairs() {
    var atDb = connected(db, identity(orders));
    assertThat(atDb.self().getStrictPortsList()).hasSize(1);

    fixture
        .api
        .client()
        .resources(io.podseal.crds.v1alpha1.SecurePeering.class)
        .inNamespace("shop")
        .withName("p")
        .delete();

    await().until(() -> atDb.peers().isEmpty());
    assertThat(atDb.self().getStrictPortsList()).isEmpty();
  }

  @Test
  void anAddressNeverHasTwoOwners() {
    var atDb = connected(db, identity(orders));

    fixture.delete(orders);
    var successor = fixture.pod("orders-1", "orders", "10.0.0.1");

    await().until(() -> atDb.peers().containsKey(identity(successor)));
    assertThat(atDb.peers()).containsOnlyKeys(identity(successor));
    assertThat(atDb.updates().stream().flatMap(u -> u.getRemovedIdentitiesList().stream()))
        .containsExactly(identity(orders));
  }

  /** cilium#16279, cilium#31528: after a reboot a pod has another address and is the same pod. */
  @Test
  void cilium16279_aPeerWhoseAddressChangesKeepsItsIdentityAndItsKey() {
    var atDb = connected(db, identity(orders));
    var before = atDb.peer(identity(orders));
    assertThat(before.getAddressesList()).containsExactly("10.0.0.1");

    fixture
        .api
        .client()
        .pods()
        .inNamespace("shop")
        .withName("orders-0")
        .edit(pod -> {
          pod.getStatus().setPodIP("10.0.0.9");
          pod.getStatus().setPodIPs(List.of(new PodIP("10.0.0.9")));
          return pod;
        });

    await().until(() -> atDb.peer(identity(orders)).getAddressesList().equals(List.of("10.0.0.9")));
    assertThat(atDb.peer(identity(orders)).getKeysList())
        .isNotEmpty()
        .isEqualTo(before.getKeysList());
    assertThat(atDb.updates()).allMatch(update -> update.getRemovedIdentitiesList().isEmpty());
  }

  @Test
  void whileTwoPodsClaimAnAddressItIsShutAndThenItsNewOwnerGetsAKey() {
    var atDb = connected(db, identity(orders));

    var successor = fixture.pod("orders-1", "orders", "10.0.0.1");
    await()
        .until(() ->
            atDb.peers().values().stream()
                .allMatch(peer ->
                    peer.getKeysCount() == 0
                        && !peer.getHasSidecar()
                        && peer.getMode() == Mode.MODE_STRICT));
    assertThat(atDb.peers()).hasSize(1);

    fixture.delete(orders);
    await()
        .until(() ->
            atDb.peers().containsKey(identity(successor))
                && atDb.peer(identity(successor)).getKeysCount() == 1);
    assertThat(atDb.peers()).hasSize(1);
  }

  @Test
  void aSidecarWaitsForTheAddressOfItsPod() {
    var starting = fixture.pod("orders-1", "orders", "");
    var sidecar = fixture.sidecar(starting);
    await().until(() -> fixture.metric("podseal.streams") == 1);
    var atDb = connected(db, identity(orders));
    assertThat(sidecar.updates()).as("it must not become ready without peers").isEmpty();

    fixture
        .api
        .client()
        .pods()
        .inNamespace("shop")
        .withName("orders-1")
        .edit(pod -> {
          pod.getStatus().setPodIP("10.0.0.9");
          return pod;
        });

    await().until(() -> sidecar.peers().containsKey(identity(db)));
    await().until(() -> atDb.peers().containsKey(identity(starting)));
  }

  /** cilium PR#15876: the first packets to a new pod left in clear, as nobody knew it yet. */
  @Test
  void cilium15876_aNewSidecarIsToldNothingBeforeItsPeersKnowIt() {
    var atDb = connected(db, identity(orders));
    atDb.holdAcknowledgements();
    var newcomer = fixture.pod("orders-1", "orders", "10.0.1.1");
    var atNewcomer = fixture.sidecar(newcomer);
    await().until(() -> atDb.updates().size() == 2);
    await().until(() -> fixture.metric("podseal.streams") == 2);
    fixture.clock.advance(Duration.ofSeconds(2));
    assertThat(atNewcomer.updates()).as("else its peers may still send to it in clear").isEmpty();

    atDb.acknowledgeLast("");

    await().until(() -> atNewcomer.peers().containsKey(identity(db)));
  }

  @Test
  void aPeerThatDoesNotAnswerHoldsANewSidecarUpForSecondsOnly() {
    var atDb = connected(db, identity(orders));
    atDb.holdAcknowledgements();
    var newcomer = fixture.pod("orders-1", "orders", "10.0.1.1");
    var atNewcomer = fixture.sidecar(newcomer);
    await().until(() -> atDb.updates().size() == 2);

    await()
        .until(() -> {
          fixture.clock.advance(Duration.ofSeconds(1));
          return atNewcomer.peers().containsKey(identity(db));
        });
    assertThat(atDb.ended()).isNull();
  }

  @Test
  void changesDuringAnUnacknowledgedUpdateComeTogetherInTheNext() {
    var atDb = connected(db, identity(orders));
    atDb.holdAcknowledgements();
    fixture.pod("orders-1", "orders", "10.0.1.1");
    await().until(() -> atDb.updates().size() == 2);

    fixture.pod("orders-2", "orders", "10.0.1.2");
    fixture.pod("orders-3", "orders", "10.0.1.3");
    await()
        .untilAsserted(
            () -> assertThat(fixture.metric("podseal.pairs", "state", "desired")).isEqualTo(4));
    assertThat(atDb.updates()).hasSize(2);

    atDb.acknowledgeLast("");
    await().until(() -> atDb.peers().size() == 4);
    assertThat(atDb.updates()).hasSize(3);
    assertThat(atDb.lastUpdate().getPeersList()).hasSize(2);
  }

  /** The clock stands unless it is moved, so that the times of all other changes are 0. */
  @Test
  void theTimeFromAChangeToItsLastPushIsMeasured() {
    var atDb = connected(db, identity(orders));
    var atOrders = connected(orders, identity(db));
    atDb.holdAcknowledgements();
    fixture.pod("orders-1", "orders", "10.0.1.1");
    await().until(() -> atDb.updates().size() == 2);

    // It is about both ends, and one of them cannot be told yet.
    fixture.pod("db-1", "db", "10.0.0.3");
    fixture.pod("orders-2", "orders", "10.0.1.2");
    await().until(() -> atOrders.peers().size() == 2);
    await().until(() -> fixture.metric("podseal.pairs", "state", "desired") == 6);
    fixture.clock.advance(Duration.ofSeconds(3));
    atDb.acknowledgeLast("");

    await().until(() -> convergence().totalTime(TimeUnit.SECONDS) == 3);
  }

  @Test
  void aChangeThatIsAboutNoSidecarIsNotMeasured() {
    var atDb = connected(db, identity(orders));
    fixture.pod("orders-1", "orders", "10.0.1.1");
    await().until(() -> atDb.peers().size() == 2);
    await().until(() -> convergence().count() > 0);
    long before = convergence().count();
    var passes = fixture.metric("podseal.reconcile");

    fixture.pod("bare-0", "bare", "10.0.2.1");
    await().until(() -> fixture.metric("podseal.reconcile") > passes);
    for (int i = 2; i <= 3; i++) {
      int known = i + 1;
      long measured = convergence().count();
      fixture.pod("orders-" + i, "orders", "10.0.1." + i);
      await().until(() -> atDb.peers().size() == known);
      await().until(() -> convergence().count() > measured);
    }

    assertThat(convergence().count()).isEqualTo(before + 2);
  }

  @Test
  void whatASidecarCouldNotApplyIsSentAgainWhole() {
    var atDb = connected(db, identity(orders));
    atDb.holdAcknowledgements();
    var second = fixture.pod("orders-1", "orders", "10.0.1.1");
    await().until(() -> atDb.updates().size() == 2);
    atDb.acknowledgeLast("nft: no such file");
    await()
        .until(() ->
            fixture.condition("p", "Ready").contains("SidecarNotConnected")
                || fixture.condition("p", "Ready").contains("SidecarRefused"));

    fixture.clock.advance(Duration.ofSeconds(6));

    await().until(() -> atDb.updates().size() == 3);
    assertThat(atDb.lastUpdate().getFull()).isTrue();
    assertThat(atDb.peers()).containsOnlyKeys(identity(orders), identity(second));
  }

  @Test
  void aSidecarThatNeverAcknowledgesIsSentAway() {
    var atDb = connected(db, identity(orders));
    atDb.holdAcknowledgements();
    fixture.pod("orders-1", "orders", "10.0.1.1");
    await().until(() -> atDb.updates().size() == 2);

    fixture.clock.advance(Duration.ofSeconds(31));

    await().until(() -> atDb.ended() != null);
    assertThat(fixture.metric("podseal.streams.denied", "reason", "no_acknowledgement"))
        .isEqualTo(1);
  }

  @Test
  void aSidecarThatKnowsAHigherEpochMakesEverybodyGoAboveIt() {
    var atDb = connected(db, identity(orders));
    var before = atDb.peer(identity(orders)).getKeys(0);
    var atOrders = fixture.silent(fixture.token(orders));

    atOrders.hello(7);

    await().until(() -> !atOrders.peers().isEmpty());
    await().until(() -> atDb.peer(identity(orders)).getKeys(0).getEpoch() == 8);
    assertThat(atOrders.peer(identity(db)).getKeysList())
        .isEqualTo(atDb.peer(identity(orders)).getKeysList())
        .doesNotContain(before);
    assertThat(atOrders.updates().getFirst().getPeers(0).getKeys(0).getEpoch())
        .as("it is never told an epoch below its own")
        .isEqualTo(8);
    assertThat(fixture.metric("podseal.key.epoch")).isEqualTo(8);
    assertThat(fixture.metric("podseal.master.replaced")).isEqualTo(1);
    await()
        .untilAsserted(() ->
            assertThat(
                    fixture
                        .api
                        .client()
                        .v1()
                        .events()
                        .inNamespace(ControllerFixture.NAMESPACE)
                        .list()
                        .getItems())
                .singleElement()
                .satisfies(event -> assertThat(event.getReason()).isEqualTo("MasterKeyReplaced")));
  }

  @Test
  void anUninjectedPeerIsListedWithoutKey() {
    var bare = fixture.pod("orders-1", "orders", "10.0.1.1", false);
    var atDb = connected(db, identity(orders));

    await().until(() -> atDb.peers().containsKey(identity(bare)));
    assertThat(atDb.peer(identity(bare)).getHasSidecar()).isFalse();
    assertThat(atDb.peer(identity(bare)).getKeysList()).isEmpty();
    assertThat(atDb.peer(identity(bare)).getAddressesList()).containsExactly("10.0.1.1");
  }

  private TestSidecar connected(Pod pod, String peer) {
    var sidecar = fixture.sidecar(pod);
    await().until(() -> sidecar.peers().containsKey(peer));
    return sidecar;
  }

  private Timer convergence() {
    return fixture.registry.get("podseal.push.convergence").timer();
  }
}
