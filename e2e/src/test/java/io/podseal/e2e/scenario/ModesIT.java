package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class ModesIT {
  private static World world;

  @BeforeAll
  static void open() {
    world = new World(ModesIT.class);
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
  void permissiveSendsClearToAPeerWithoutASidecar() {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod legacy = world.bare(namespace, "legacy");
    world.peering(namespace, "orders", "legacy", "Permissive");
    orders.startSidecar().awaitReady();
    world.serve(legacy);

    World.assertPage(orders, legacy);
    World.assertPing(legacy, orders);
    assertThat(world.between(orders, legacy).count(WireKind.CLEAR)).isPositive();
    assertThat(world.between(orders, legacy).count(WireKind.ESP)).isZero();
  }

  @Test
  void permissiveSealsAPeerThatHasASidecar() {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    world.peering(namespace, "orders", "postgres", "Permissive");
    var one = orders.startSidecar();
    var other = postgres.startSidecar();
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();

    World.assertPage(orders, postgres);
    world.assertSealed(orders, postgres);
  }

  @Test
  void permissiveNeverFallsBackToClearWhenIkeIsBlocked() {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    world.peering(namespace, "orders", "postgres", "Permissive");
    var one = orders.startSidecar();
    var other = postgres.startSidecar();
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();
    String rules =
        "table inet blocker { chain input { type filter hook input priority -300;"
            + " udp dport { 500, 4500 } drop; }; }";
    postgres.net().run("nft", rules).must();

    assertThat(World.curl(orders, postgres, 5).ok()).isFalse();
    assertThat(World.ping(postgres, orders, "-c", "3", "-W", "1").ok()).isFalse();
    assertThat(world.between(orders, postgres).count(WireKind.IKE)).isPositive();
    world.assertNothingClear(orders, postgres);
  }

  @Test
  void strictRefusesAPeerWithoutASidecar() {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod legacy = world.bare(namespace, "legacy");
    world.peering(namespace, "orders", "legacy", "Strict");
    orders.startSidecar().awaitReady();
    world.serve(legacy);

    assertThat(World.curl(orders, legacy, 2).ok()).isFalse();
    assertThat(World.ping(orders, legacy, "-c", "2", "-i", "0.2", "-W", "1").ok()).isFalse();
    world.assertNothingClear(orders, legacy);
  }

  @Test
  void strictPortsRefuseAPodThatIsInNoPeering() {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    ClusterPod outsider = world.bare(namespace, "outsider");
    world.peering(namespace, "orders", "postgres", "Strict");
    var one = orders.startSidecar();
    var other = postgres.startSidecar();
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();

    assertThat(World.curl(outsider, postgres, 2).ok()).isFalse();
    World.assertPage(orders, postgres);
    world.assertSealed(orders, postgres);
  }

  @Test
  void theReceiverOfAPeeringMayAnswerButNotOpenConnectionsOfItsOwn() {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    world.peering(namespace, "orders", "postgres", "Strict");
    var one = orders.startSidecar();
    var other = postgres.startSidecar();
    world.serve(orders);
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();

    World.assertPage(orders, postgres);
    World.assertPing(postgres, orders);
    assertThat(World.curl(postgres, orders, 2).ok()).isFalse();
    world.assertSealed(orders, postgres);
  }

  @Test
  void afterDecryptionOnlyTheDeclaredPortsAreLetIn() {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    world
        .cluster()
        .apply(
            """
            apiVersion: podseal.io/v1alpha1
            kind: SecurePeering
            metadata: {name: web-only, namespace: %s}
            spec:
              from: {podSelector: {matchLabels: {app: orders}}}
              to: [{podSelector: {matchLabels: {app: postgres}}}]
              ports: [{protocol: TCP, port: %d}]
              mode: Strict
            """
                .formatted(namespace, World.WEB_PORT));
    var one = orders.startSidecar();
    var other = postgres.startSidecar();
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();

    World.assertPage(orders, postgres);
    World.assertPing(orders, postgres);
    assertThat(
            orders
                .net()
                .run("curl", "-sS", "--max-time", "2", "telnet://" + postgres.net().ip() + ":5201")
                .ok())
        .as("the iperf3 port, which the peering does not name")
        .isFalse();
    world.assertSealed(orders, postgres);
  }
}
