package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class LifeIT {
  private static World world;

  private ClusterPod orders;
  private ClusterPod postgres;
  private Sidecar ordersSidecar;
  private Sidecar postgresSidecar;

  @BeforeAll
  static void open() {
    world = new World(LifeIT.class);
  }

  @AfterEach
  void quiet() {
    world.quiet();
  }

  @AfterAll
  static void close() {
    world.close();
  }

  @BeforeEach
  void sealAPair() {
    String namespace = world.namespace();
    orders = world.pod(namespace, "orders");
    postgres = world.pod(namespace, "postgres");
    world.peering(namespace, "orders", "postgres", "Strict");
    ordersSidecar = orders.startSidecar();
    postgresSidecar = postgres.startSidecar();
    world.serve(postgres);
    ordersSidecar.awaitReady();
    postgresSidecar.awaitReady();
    World.assertPage(orders, postgres);
  }

  @Test
  void aKilledSidecarStopsTheTrafficAndNothingIsSentInClear() {
    postgresSidecar.process().kill();

    assertThat(World.curl(orders, postgres, 2).ok()).isFalse();
    assertThat(World.ping(orders, postgres, "-c", "2", "-i", "0.2", "-W", "1").ok()).isFalse();
    assertThat(World.ping(postgres, orders, "-c", "2", "-i", "0.2", "-W", "1").ok()).isFalse();
    world.assertNothingClear(orders, postgres);
  }

  /** libreswan#270, Openswan#32: while IKE is not there, the kernel sends in clear. */
  @Test
  void libreswan270_whenBothSidecarsAreKilledTheKernelSendsNothingInClear() {
    ordersSidecar.process().kill();
    postgresSidecar.process().kill();

    assertThat(World.curl(orders, postgres, 2).ok()).isFalse();
    assertThat(World.ping(postgres, orders, "-c", "2", "-i", "0.2", "-W", "1").ok()).isFalse();
    world.assertNothingClear(orders, postgres);
  }

  /** cilium#25492, cilium#35644: who comes back with new keys stays cut off. */
  @Test
  void cilium25492_aRestartedSidecarIsReachedAgainWithinSeconds() {
    postgresSidecar.process().kill();
    long begun = System.nanoTime();
    postgres.startSidecar();

    awaitPage(Duration.ofSeconds(15));

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    World.assertPing(postgres, orders);
    world.assertSealed(orders, postgres);
  }

  @Test
  void aRestartedSidecarMayBeTheFirstToSpeak() {
    postgresSidecar.process().kill();
    postgres.startSidecar().awaitReady();

    World.assertPing(postgres, orders);
    World.assertPage(orders, postgres);
    world.assertSealed(orders, postgres);
  }

  @Test
  void sigtermDeletesTheSaAtThePeerAndEndsWithinASecond() {
    long informational =
        world.between(orders, postgres).exchanges().getOrDefault("INFORMATIONAL request", 0L);
    postgresSidecar.process().terminate();

    assertThat(postgresSidecar.process().ended(Duration.ofSeconds(1))).isTrue();
    assertThat(world.between(orders, postgres).exchanges().get("INFORMATIONAL request"))
        .isNotNull()
        .isGreaterThan(informational);
    Awaitility.await("orders forgets the SA")
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> Statuses.liveSas(ordersSidecar.status()) == 0);
    world.assertNothingClear(orders, postgres);
  }

  @Test
  void withoutAControllerEstablishedTrafficGoesOn() {
    world.cluster().controller().process().kill();

    World.assertPage(orders, postgres);
    World.assertPing(postgres, orders);
    assertThat(ordersSidecar.process().running()).isTrue();

    world.cluster().restartController();
    ordersSidecar.awaitReady();
    World.assertPage(orders, postgres);
    world.assertSealed(orders, postgres);
  }

  @Test
  void aPairWithoutAControllerEvenMakesItsFirstHandshake() {
    String namespace = world.namespace();
    ClusterPod left = world.pod(namespace, "left");
    ClusterPod right = world.pod(namespace, "right");
    world.peering(namespace, "left", "right", "Strict");
    Sidecar leftSidecar = left.startSidecar();
    right.startSidecar().awaitReady();
    leftSidecar.awaitReady();
    Awaitility.await("left knows right").until(() -> Statuses.peers(leftSidecar.status()) == 1);
    assertThat(world.between(left, right).count(WireKind.IKE)).isZero();

    world.cluster().controller().process().kill();
    World.assertPing(left, right);
    world.assertSealed(left, right);
    world.cluster().restartController();
  }

  private void awaitPage(Duration limit) {
    Awaitility.await("the page")
        .atMost(limit)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> World.curl(orders, postgres, 1).ok());
  }
}
