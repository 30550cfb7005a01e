package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.capture.Ledger;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Background;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class IdentityIT {
  private static World world;

  @BeforeAll
  static void open() {
    world = new World(IdentityIT.class);
  }

  @AfterEach
  void quiet() {
    world.quiet();
  }

  @AfterAll
  static void close() {
    world.close();
  }

  @Test
  void aReusedAddressIsNobodyUntilItsNewPodIsInThePeering() {
    String namespace = world.namespace();
    ClusterPod postgres = world.pod(namespace, "postgres");
    ClusterPod orders = world.pod(namespace, "orders");
    String address = orders.net().ip();
    world.peering(namespace, "orders", "postgres", "Strict");
    Sidecar postgresSidecar = postgres.startSidecar();
    Sidecar ordersSidecar = orders.startSidecar();
    world.serve(postgres);
    postgresSidecar.awaitReady();
    ordersSidecar.awaitReady();
    World.assertPage(orders, postgres);
    world.assertSealed(orders, postgres);

    // The pod dies without a word; its address goes to a pod that is in no peering.
    ordersSidecar.process().kill();
    world.cluster().delete(orders);
    ClusterPod intruder = world.inPlaceOf(orders, namespace, "intruder");
    assertThat(intruder.net().ip()).isEqualTo(address);
    intruder.startSidecar().awaitReady();
    Awaitility.await("postgres forgets the deleted pod")
        .atMost(Duration.ofSeconds(10))
        .until(() -> Statuses.peers(postgresSidecar.status()) == 0);
    Ledger.Summary before = world.between(intruder, postgres);

    assertThat(World.curl(intruder, postgres, 2).ok()).isFalse();
    World.ping(postgres, intruder, "-c", "2", "-i", "0.2", "-W", "1");

    Ledger.Summary after = world.between(intruder, postgres);
    assertThat(after.count(WireKind.ESP)).as("ESP").isEqualTo(before.count(WireKind.ESP));
    assertThat(Statuses.liveSas(postgresSidecar.status())).isZero();

    // The next pod with that address is in the peering: it is sealed under its own identity.
    world.cluster().delete(intruder);
    ClusterPod successor = world.inPlaceOf(intruder, namespace, "orders");
    successor.startSidecar().awaitReady();
    Awaitility.await("postgres knows the new pod")
        .atMost(Duration.ofSeconds(10))
        .until(() -> Statuses.peers(postgresSidecar.status()) == 1);
    World.assertPage(successor, postgres);
    assertThat(Statuses.sealedWith(postgresSidecar.status(), successor)).isTrue();
    assertThat(Statuses.sealedWith(postgresSidecar.status(), orders)).isFalse();
    assertThat(world.between(successor, postgres).count(WireKind.ESP))
        .isGreaterThan(after.count(WireKind.ESP));
    assertThat(world.between(successor, postgres).clear())
        .as("clear packets, with those of the intruder")
        .isEqualTo(after.clear());
  }

  @Test
  void whatADeletedPodDidNotAcknowledgeIsNotSentAgainInClearToTheHeirOfItsAddress() {
    String namespace = world.namespace();
    world.peering(namespace, "orders", "postgres", "Strict");
    ClusterPod postgres = world.pod(namespace, "postgres");
    ClusterPod orders = world.pod(namespace, "orders");
    Sidecar postgresSidecar = postgres.startSidecar();
    Sidecar ordersSidecar = orders.startSidecar();
    world.serve(postgres);
    postgresSidecar.awaitReady();
    ordersSidecar.awaitReady();
    World.assertPage(orders, postgres);
    Background download =
        world.start(orders, "download", "iperf3", "-c", postgres.net().ip(), "-R", "-t", "60");
    long idle = world.between(orders, postgres).espBytes();
    Awaitility.await("a download in progress")
        .atMost(Duration.ofSeconds(10))
        .until(() -> world.between(orders, postgres).espBytes() > idle + 1_000_000);

    ordersSidecar.process().kill();
    download.kill();
    world.cluster().delete(orders);
    ClusterPod heir = world.inPlaceOf(orders, namespace, "heir");

    Awaitility.await("the kernel tried to send it again")
        .atMost(Duration.ofSeconds(20))
        .until(() -> postgresSidecar.metric("podseal_firewall_drops_total", "sealed_flow") > 0);
    world.assertNothingClear(heir, postgres);
    Awaitility.await("the sender was told that its connection is over")
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            !postgres.net().run("ss", "-Htn", "dst", heir.net().ip()).out().contains("ESTAB"));
  }

  @Test
  void aTokenThatNobodyMintedLeavesTheSidecarUnreadyAndSaysWhy() {
    assertRefused("eyJhbGciOiJSUzI1NiJ9.e30.bm90IGEgc2lnbmF0dXJl");
  }

  @Test
  void anExpiredTokenLeavesTheSidecarUnreadyAndSaysWhy() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    assertRefused(pod, mint(pod, Duration.ofSeconds(-10), "podseal"));
  }

  @Test
  void aTokenForAnotherAudienceLeavesTheSidecarUnreadyAndSaysWhy() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    assertRefused(pod, mint(pod, Duration.ofMinutes(10), "vault"));
  }

  @Test
  void theTokenOfADeletedPodIsRefusedThoughItsReviewStillSucceeds() {
    ClusterPod pod = world.pod(world.namespace(), "orders");
    String token = mint(pod, Duration.ofMinutes(10), "podseal");
    world
        .cluster()
        .api()
        .client()
        .pods()
        .inNamespace(pod.namespace())
        .withName(pod.name())
        .delete();
    assertRefused(pod, token);
  }

  private static void assertRefused(String token) {
    assertRefused(world.pod(world.namespace(), "orders"), token);
  }

  private static void assertRefused(ClusterPod pod, String token) {
    Sidecar sidecar = pod.startSidecar(token, Map.of());
    Awaitility.await("the log names the token")
        .atMost(Duration.ofSeconds(15))
        .until(() ->
            sidecar
                .process()
                .logged()
                .lines()
                .anyMatch(line -> line.matches("(?i).*(token|UNAUTHENTICATED).*")));
    assertThat(sidecar.process().running()).isTrue();
    assertThat(sidecar.ready()).isFalse();
    assertThat(sidecar.process().logged()).doesNotContain(token).doesNotContain("\tat ");
  }

  private static String mint(ClusterPod pod, Duration life, String audience) {
    return world
        .cluster()
        .api()
        .mintToken(pod.namespace(), pod.name(), pod.uid(), "default", life, audience);
  }
}
