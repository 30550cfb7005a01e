package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.capture.Ledger;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two pods whose peer sees them at one address, and tells them apart by their identities. */
@Tag("netns")
class SharedNatIT {
  private static World world;

  @BeforeAll
  static void open() {
    world = new World(SharedNatIT.class);
  }

  @AfterAll
  static void close() {
    world.quiet();
    world.close();
  }

  @Test
  void bothPodsBehindOneNatAreSealedWithTheSamePeerAtTheSameTime() {
    String namespace = world.namespace();
    var nat = world.nat();
    ClusterPod one = world.podBehind(nat, namespace, "orders");
    ClusterPod other = world.podBehind(nat, namespace, "orders");
    ClusterPod db = world.pod(namespace, "db");
    world.peering(namespace, "orders", "db", "Strict");
    for (var sidecar : List.of(one.startSidecar(), other.startSidecar(), db.startSidecar())) {
      sidecar.awaitReady();
    }
    world.serve(db);

    for (int round = 0; round < 3; round++) {
      for (ClusterPod pod : List.of(one, other)) {
        World.assertPage(pod, db);
        World.assertPing(pod, db);
      }
    }
    for (ClusterPod pod : List.of(one, other)) {
      // The server takes a moment between two clients.
      Awaitility.await("iperf3 from " + pod.name())
          .until(() -> pod.net().run("iperf3", "-c", db.net().ip(), "-t", "1").ok());
      assertThat(World.ping(db, pod, "-c", "2", "-i", "0.2", "-W", "5").ok()).isTrue();
    }

    Ledger.Summary seen = world.sniffer().between(nat.outside(), db.net().address());
    assertThat(seen.count(WireKind.ESP)).isPositive();
    assertThat(seen.clear()).isEmpty();
    assertThat(seen.sequenceRepeats()).isZero();
    world.assertNothingClear(one, db);
    world.assertNothingClear(other, db);
  }
}
