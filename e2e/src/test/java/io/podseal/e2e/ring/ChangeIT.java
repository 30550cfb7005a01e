package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.capture.WireKind;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cluster")
class ChangeIT {
  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.sealedPair("change");
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  @Test
  void everyPodOfAScaledDeploymentIsSealedAndScalingBackLeavesNothingBehind() {
    var orders = ring.pod(namespace, "orders");

    Timings.time(
        "scale 1 to 10 pods with sidecars, to Ready peering",
        () -> {
          scale("postgres", 10);
          ring.pods(namespace, "postgres", 10);
          ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
        });
    var all = ring.pods(namespace, "postgres", 10);
    for (Pod postgres : all) {
      traffic.awaitPage(orders, postgres);
      traffic.assertSealed(orders, postgres);
    }
    assertThat(pairs()).isEqualTo("10/10");

    scale("postgres", 1);
    var left = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, left);
    Awaitility.await("pairs after scaling back")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(pairs()).isEqualTo("1/1"));
    all.forEach(postgres -> traffic.assertNothingClear(orders, postgres));
  }

  @Test
  void aRollingUpdateFailsNoRequestAndSendsNothingInClear() {
    ring.apply(Workloads.service(namespace, "postgres"));
    var orders = ring.pod(namespace, "orders");
    traffic.awaitPage(orders, "postgres");
    Set<Pod> seen = new HashSet<>(ring.pods(namespace, "postgres"));

    ring.kubectl("rollout", "restart", "deployment/postgres", "-n", namespace).must();
    int asked = 0;
    int failed = 0;
    while (!ring.kubectl(
            "rollout", "status", "deployment/postgres", "-n", namespace, "--watch=false")
        .out()
        .contains("successfully rolled out")) {
      asked++;
      if (!traffic.fetch(orders, "postgres").out().contains(Workloads.PAGE)) {
        failed++;
      }
      seen.addAll(ring.pods(namespace, "postgres"));
    }
    var after = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, "postgres");
    seen.add(after);

    assertThat(asked).isPositive();
    assertThat(failed).as("failed requests of %d", asked).isZero();
    seen.stream()
        .filter(pod -> pod.getStatus().getPodIP() != null)
        .forEach(pod -> traffic.assertNothingClear(orders, pod));
  }

  /** antrea#6507, kubernetes#109414: the address of a pod that is gone is another's soon. */
  @Test
  void antrea6507_anAddressThatPassesToAnotherPodTakesNoTrafficAlong() {
    var orders = ring.pod(namespace, "orders");
    var gone = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, gone);

    scale("postgres", 0);
    ring.pods(namespace, "postgres", 0);
    ring.awaitGone(gone);
    Node.giveOutNext(Ring.address(gone));
    ring.apply(Workloads.deployment(namespace, "stranger", 1));
    var heir = ring.pod(namespace, "stranger");
    assertThat(heir.getStatus().getPodIP()).isEqualTo(gone.getStatus().getPodIP());
    long esp = ring.between(orders, heir).count(WireKind.ESP);

    // No longer a peer: an ordinary clear connection to somebody else.
    traffic.awaitPage(orders, heir);

    assertThat(ring.between(orders, heir).count(WireKind.ESP)).isEqualTo(esp);
  }

  /** Openswan#32, libreswan#270: a restart sends in clear. */
  @Test
  void openswan32_aKilledSidecarComesBackAndNothingCrossesInClearMeanwhile() {
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);

    Node.kill(postgres, "podseal");
    Timings.time(
        "killed sidecar, from SIGKILL to the next page", () -> traffic.awaitPage(orders, postgres));

    assertThat(ring.pod(namespace, "postgres").getMetadata().getUid())
        .isEqualTo(postgres.getMetadata().getUid());
    traffic.assertSealed(orders, postgres);

    // What the application itself sends while its own sidecar is dead would leave in clear.
    try (var attempts = Attempts.start(ring, orders, postgres, Duration.ofSeconds(1))) {
      attempts.awaitFailuresAfter(() -> Node.kill(orders, "podseal"));
      attempts.awaitSuccess();
    }
    traffic.assertNothingClear(orders, postgres);
  }

  /**
   * cluster-network-operator#2606: after a reboot of the node the kubelet makes every pod again,
   * under the same UID and with other addresses.
   */
  @Test
  void clusterNetworkOperator2606_aPodThatTheKubeletMakesAgainIsSealedAtItsNewAddress() {
    var orders = ring.pod(namespace, "orders");
    var before = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, before);

    long killed = System.nanoTime();
    Node.killSandbox(before);
    Awaitility.await("another address")
        .atMost(Duration.ofSeconds(60))
        .until(() -> !before.getStatus().getPodIP().equals(address(before)));
    var after = ring.pod(namespace, "postgres");
    assertThat(after.getMetadata().getUid()).isEqualTo(before.getMetadata().getUid());
    traffic.awaitPage(orders, after);
    Timings.print(
        "sandbox killed, until the next page", Duration.ofNanos(System.nanoTime() - killed));

    traffic.assertSealed(orders, after);
    traffic.assertNothingClear(orders, before);
  }

  private String address(Pod pod) {
    var now = ring.client().resource(pod).get().getStatus().getPodIP();
    return now == null ? pod.getStatus().getPodIP() : now;
  }

  private void scale(String app, int replicas) {
    ring.kubectl("scale", "deployment/" + app, "--replicas=" + replicas, "-n", namespace).must();
  }

  private String pairs() {
    return ring.kubectl(
            "get",
            "securepeering",
            "orders-to-postgres",
            "-n",
            namespace,
            "-o",
            "jsonpath={.status.pairs.keyed}/{.status.pairs.desired}")
        .must();
  }
}
