package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cluster")
class ControllerLossIT {
  private static final String DEPLOYMENT = "deployment/podseal-controller";

  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.namespace("loss");
    ring.sniffer();
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    ring.pods(namespace, "orders", 1);
    ring.pods(namespace, "postgres", 1);
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
  }

  @AfterEach
  void close() {
    ring.kubectl("scale", DEPLOYMENT, "--replicas=2", "-n", Ring.SYSTEM).must();
    Awaitility.await("two controllers")
        .atMost(Duration.ofSeconds(60))
        .until(() -> ring.controllers().size() == 2 && ring.leader().isPresent());
    ring.drop(namespace);
  }

  /** linkerd2#4287: a change of who has the keys is an outage. */
  @Test
  void theStandbyTakesOverFromAKilledLeaderAndTrafficNoticesNothing() {
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);
    var leader = ring.leader().orElseThrow();
    Pod pod = ring.client().pods().inNamespace(Ring.SYSTEM).withName(leader).get();

    Node.kill(pod.getStatus().getContainerStatuses().getFirst().getContainerID().substring(13));
    var took =
        Timings.time(
            "killed leader, until the standby holds the Lease",
            () ->
                Awaitility.await("another leader")
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                      traffic.assertPage(orders, postgres);
                      return ring.leader().filter(now -> !now.equals(leader)).isPresent();
                    }));

    assertThat(took).isLessThan(Duration.ofSeconds(8));
    ring.kubectl("scale", "deployment/postgres", "--replicas=2", "-n", namespace).must();
    for (Pod backend : ring.pods(namespace, "postgres", 2)) {
      traffic.awaitPage(orders, backend);
      traffic.assertSealed(orders, backend);
    }
  }

  /** istio#26380, istio#21147: the injector is down and nothing can be scheduled. */
  @Test
  void istio26380_withoutAnyControllerSealedTrafficGoesOnAndOnlyOptedInNamespacesWait() {
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);

    ring.kubectl("scale", DEPLOYMENT, "--replicas=0", "-n", Ring.SYSTEM).must();
    Awaitility.await("no controller")
        .atMost(Duration.ofSeconds(30))
        .until(() -> ring.controllers().isEmpty());

    traffic.assertPage(orders, postgres);
    var refused =
        ring.kubectl(
            "run", "late", "--image=podseal.local/tools:1", "-n", namespace, "--", "sleep", "60");
    assertThat(refused.ok()).isFalse();
    assertThat(refused.err()).contains("inject.podseal.io").contains("podseal-webhook");
    ring.keep("run-without-controllers.txt", refused.err());

    var other = ring.namespace("plain", "team: other");
    ring.kubectl(
            "run",
            "free",
            "--image=podseal.local/tools:1",
            "--image-pull-policy=Never",
            "--labels=app=free",
            "-n",
            other,
            "--",
            "sleep",
            "60")
        .must();
    ring.pods(other, "free", 1);
    ring.drop(other);

    var check = ring.podsealctl("check");
    ring.keep("check-without-controllers.txt", check.out() + check.err());
    assertThat(check.ok()).isFalse();
    assertThat(check.out().lines().map(String::strip))
        .contains(
            "kubectl -n podseal-system scale deployment/podseal-controller --replicas=2",
            "last resort, pods start unsealed: kubectl delete mutatingwebhookconfiguration"
                + " podseal-injector (helm upgrade brings it back)");
    traffic.assertSealed(orders, postgres);
  }
}
