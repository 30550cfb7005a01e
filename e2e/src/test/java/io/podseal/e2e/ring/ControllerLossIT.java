package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.controller.AuditLines;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
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
    namespace = ring.sealedPair("loss");
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
  void theStandbyTakesOverFromAKilledLeaderAndTrafficNoticesNothing()
      throws JsonProcessingException {
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);
    var leader = ring.leader().orElseThrow();
    Pod pod = ring.client().pods().inNamespace(Ring.SYSTEM).withName(leader).get();

    var address = postgres.getStatus().getPodIP();
    try (var transfer =
            ring.start(
                "transfer.json", orders, "iperf3", "-J", "-c", address, "-b", "8M", "-t", "12");
        var attempts = Attempts.start(ring, orders, postgres, Duration.ofSeconds(10))) {
      long killed = System.nanoTime();
      Node.kill(pod, "controller");
      var serves =
          Timings.until(
              "killed leader, until the standby serves",
              killed,
              () -> logOfAnother(leader).contains("leading: control plane"));
      var connected =
          Timings.until(
              "killed leader, until the standby has the stream of a sidecar",
              killed,
              () ->
                  AuditLines.in(logOfAnother(leader), AuditLines.OPENED).stream()
                      .anyMatch(line -> line.group("uid").equals(orders.getMetadata().getUid())));
      assertThat(serves).isLessThan(Duration.ofSeconds(5));
      // The longest pause of a sidecar between two attempts is 10 s.
      assertThat(connected).isLessThan(serves.plusSeconds(11));
      assertUndisturbed(transfer);
      attempts.awaitSuccess();
      assertThat(attempts.failures()).isZero();
    }
    traffic.assertSealed(orders, postgres);
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
    var late = Workloads.pod(namespace, "late", "late");
    var refused = ring.tryApply(late);
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

    ring.apply(Workloads.peering(namespace, "late", "postgres"));
    ring.kubectl("scale", DEPLOYMENT, "--replicas=2", "-n", Ring.SYSTEM).must();
    Timings.time(
        "controllers scaled from none to two, until a refused pod is admitted, sealed and Ready",
        () -> {
          Awaitility.await("the pod is admitted")
              .atMost(Duration.ofSeconds(60))
              .until(() -> ring.tryApply(late).ok());
          var admitted = ring.pod(namespace, "late");
          traffic.awaitPage(admitted, postgres);
          traffic.assertSealed(admitted, postgres);
          ring.awaitCondition(namespace, "late-to-postgres", "Ready", "True");
        });
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
    traffic.assertPage(orders, postgres);
  }

  /** As when all nodes are drained at once. */
  @Test
  void onlyOneControllerAtATimeMayBeEvicted() {
    Awaitility.await("one controller may go")
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            ring.controllers().size() == 2
                && ring.kubectl(
                        "get",
                        "pdb",
                        "podseal-controller",
                        "-n",
                        Ring.SYSTEM,
                        "-o",
                        "jsonpath={.status.currentHealthy}/{.status.disruptionsAllowed}")
                    .out()
                    .equals("2/1"));
    var controllers = ring.controllers();

    evict(controllers.getFirst()).must();
    assertThat(evict(controllers.getLast()).err()).contains("disruption budget");
  }

  private static Command.Result evict(Pod pod) {
    var name = pod.getMetadata().getName();
    var eviction =
        "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"%s\"}}"
            .formatted(name);
    var path = "/api/v1/namespaces/" + Ring.SYSTEM + "/pods/" + name + "/eviction";
    return Command.of("kubectl", "create", "--raw", path, "-f", "-").run(eviction);
  }

  /** istio#51883: a pod whose native sidecar never became ready could not be deleted. */
  @Test
  void istio51883_aPodThatWaitsForTheControllerInItsInitPhaseIsDeletedAtOnce() {
    ring.apply(Workloads.unscheduled(namespace, "waiting"));
    ring.kubectl("scale", DEPLOYMENT, "--replicas=0", "-n", Ring.SYSTEM).must();
    Awaitility.await("no controller")
        .atMost(Duration.ofSeconds(30))
        .until(() -> ring.controllers().isEmpty());
    ring.kubectl(
            "patch",
            "pod",
            "waiting",
            "-n",
            namespace,
            "--type=json",
            "-p",
            "[{\"op\":\"remove\",\"path\":\"/spec/schedulingGates\"}]")
        .must();
    Awaitility.await("the sidecar waits for a controller")
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            ring.kubectl("logs", "waiting", "-c", "podseal", "-n", namespace)
                .out()
                .contains("not ready, trying again"));
    var waiting = ring.pods(namespace, "waiting").getFirst();
    assertThat(waiting.getStatus().getContainerStatuses())
        .allSatisfy(status -> assertThat(status.getStarted()).isFalse());

    var took =
        Timings.time(
            "pod in its init phase without a controller, deleted",
            () -> ring.kubectl("delete", "pod", "waiting", "-n", namespace).must());

    assertThat(took).isLessThan(Workloads.UNSCHEDULED_GRACE.dividedBy(2));
  }

  /** The log of whoever leads now, unless that is still {@code before}. */
  private String logOfAnother(String before) {
    return ring.leader()
        .filter(now -> !now.equals(before))
        .map(now -> ring.client().pods().inNamespace(Ring.SYSTEM).withName(now).getLog())
        .orElse("");
  }

  /** Something of it arrived in every second. */
  private static void assertUndisturbed(Background transfer) throws JsonProcessingException {
    assertThat(transfer.ended(Duration.ofSeconds(30))).isTrue();
    assertThat(transfer.exit()).as(transfer.logged()).isZero();
    var report = new JsonMapper().readTree(transfer.logged());
    assertThat(report.path("intervals")).hasSizeGreaterThan(10);
    assertThat(report.path("intervals"))
        .allSatisfy(second -> assertThat(second.at("/sum/bytes").asLong()).isPositive());
    assertThat(report.at("/end/sum_received/bytes").asLong()).isGreaterThan(11_000_000);
  }
}
