package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.lab.Command;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cluster")
class SealedWorkloadsIT {
  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.namespace("shop");
    ring.sniffer();
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  @Test
  void tcpUdpAndIcmpOfTwoDeploymentsAreSealedInBothDirections() {
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.peering(namespace, "postgres", "orders"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    Timings.time(
        "two deployments with sidecars, from apply to Ready peering",
        () -> {
          ring.pods(namespace, "orders", 1);
          ring.pods(namespace, "postgres", 1);
          ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
        });
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");

    for (var pair : List.of(List.of(orders, postgres), List.of(postgres, orders))) {
      var from = pair.getFirst();
      var to = pair.getLast();
      traffic.awaitPage(from, to);
      traffic.assertPing(from, to, 56);
      traffic.assertPing(from, to, 5000);
      traffic.assertBulk(from, to);
    }
    traffic.assertSealed(orders, postgres);
    ring.keep("get-healthy.txt", ring.kubectl("get", "securepeerings", "-n", namespace).must());
    ring.keep(
        "describe-healthy.txt",
        ring.kubectl("describe", "securepeering", "orders-to-postgres", "-n", namespace).must());
  }

  @Test
  void aServiceAddressLeadsToAPeerThroughTheSeal() {
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(Workloads.deployment(namespace, "postgres", 2));
    ring.apply(Workloads.service(namespace, "postgres"));
    var orders = ring.pod(namespace, "orders");
    var backends = ring.pods(namespace, "postgres", 2);
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");

    for (int i = 0; i < 8; i++) {
      traffic.awaitPage(orders, "postgres");
    }

    backends.forEach(backend -> traffic.assertNothingClear(orders, backend));
    assertThat(
            backends.stream().mapToLong(backend -> ring.between(orders, backend).espBytes()).sum())
        .isPositive();
  }

  /** istio#7495, istio#12551: headless names, and a pod that talks to itself. */
  @Test
  void istio7495_podsOfAStatefulSetReachOneAnotherByTheirHeadlessNames() {
    ring.apply(Workloads.peering(namespace, "db", "db"));
    ring.apply(Workloads.statefulSet(namespace, "db", 3));
    var pods = ring.pods(namespace, "db", 3);
    ring.awaitCondition(namespace, "db-to-db", "Ready", "True");

    for (Pod from : pods) {
      for (int i = 0; i < pods.size(); i++) {
        traffic.awaitPage(from, "db-" + i + ".db:8080");
      }
    }

    traffic.assertSealed(pods.get(0), pods.get(1));
    traffic.assertSealed(pods.get(1), pods.get(2));
    traffic.assertSealed(pods.get(0), pods.get(2));
  }

  @Test
  void aWithdrawnGrantEndsTheSealedPairAtOnceAndOpensNothing() {
    var data = ring.namespace("data");
    try {
      ring.apply(Workloads.grant(data, namespace, "postgres"));
      ring.apply(Workloads.peering(namespace, "orders", data, "postgres"));
      ring.apply(Workloads.deployment(namespace, "orders", 1));
      ring.apply(Workloads.deployment(data, "postgres", 1));
      var orders = ring.pod(namespace, "orders");
      var postgres = ring.pod(data, "postgres");
      ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
      traffic.awaitPage(orders, postgres);
      traffic.assertSealed(orders, postgres);

      ring.kubectl("delete", "peeringgrant", "--all", "-n", data).must();

      Timings.time(
          "withdrawn grant, until the pair is shut",
          () ->
              Awaitility.await("the pair is shut")
                  .atMost(Duration.ofSeconds(5))
                  .until(() -> !traffic.answers(orders, postgres)));
      assertThat(traffic.answers(orders, postgres)).isFalse();
      traffic.assertNothingClear(orders, postgres);
      // No peering protects postgres now, so that it may ask in clear; but orders lets nothing in.
      assertThat(traffic.answers(postgres, orders)).isFalse();
      ring.awaitCondition(namespace, "orders-to-postgres", "ResolvedRefs", "False");
      ring.keep("get-broken.txt", ring.kubectl("get", "securepeerings", "-n", namespace).must());
      var described =
          ring.kubectl("describe", "securepeering", "orders-to-postgres", "-n", namespace).must();
      ring.keep("describe-broken.txt", described);
      assertThat(described).contains("NotPermitted").contains("PeeringGrant").contains(data);
    } finally {
      ring.drop(data);
    }
  }

  /** istio#52765, istio#58531: the kubelet's probes come from an address that nobody can name. */
  @Test
  void istio52765_probesOfAStrictPortStillReachTheApplication() {
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    var postgres = ring.pod(namespace, "postgres");
    var orders = ring.pod(namespace, "orders");
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");

    // The application answers 404: the probe must notice although it never crosses the network.
    ring.exec(postgres, "rm", "/tmp/www/index.html").must();
    ring.kubectl(
            Duration.ofSeconds(40),
            "wait",
            "-n",
            namespace,
            "pod/" + postgres.getMetadata().getName(),
            "--for=jsonpath={.status.containerStatuses[0].restartCount}=1",
            "--timeout=30s")
        .must();
    var again = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, again);
    traffic.assertNothingClear(orders, again);
  }

  /** linkerd2#3676: port-forward goes by loopback, past the seal, and works. */
  @Test
  void linkerd3676_execLogsAndPortForwardWorkAsEver() throws Exception {
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    var postgres = ring.pod(namespace, "postgres");
    ring.pod(namespace, "orders");
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
    var name = postgres.getMetadata().getName();

    assertThat(ring.exec(postgres, "echo", "hello").must()).isEqualTo("hello\n");
    assertThat(ring.kubectl("logs", "-n", namespace, name, "-c", "podseal").must())
        .contains("in force: 1 declared peers");
    try (var forward = PortForward.start(ring, namespace, name, 8080)) {
      var page =
          Command.of("curl", "-sS", "--max-time", "10", "http://127.0.0.1:" + forward.port() + "/");
      assertThat(page.must()).contains(Workloads.PAGE);
    }
  }

  /** istio#11045, kubernetes#25908: a Job whose sidecar does not end never completes. */
  @Test
  void istio11045_aJobWithAnInitContainerReachesItsPeerFromTheFirstLineAndCompletes() {
    ring.apply(Workloads.peering(namespace, "batch", "postgres"));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    ring.apply(Workloads.service(namespace, "postgres"));
    var postgres = ring.pod(namespace, "postgres");

    Timings.time(
        "a Job with a sidecar, from apply to Complete",
        () -> {
          ring.apply(Workloads.job(namespace, "batch", postgres.getStatus().getPodIP() + ":8080"));
          var done =
              ring.kubectl(
                  Duration.ofSeconds(70),
                  "wait",
                  "-n",
                  namespace,
                  "job/batch",
                  "--for=condition=Complete",
                  "--timeout=60s");
          assertThat(done)
              .as("%s%s", done.err(), ring.kubectl("describe", "pods", "-n", namespace).out())
              .matches(Command.Result::ok);
        });

    var job =
        ring.client().pods().inNamespace(namespace).withLabel("app", "batch").list().getItems();
    assertThat(job).hasSize(1);
    assertThat(ring.kubectl("logs", "-n", namespace, "job/batch", "-c", "first").must())
        .contains(Workloads.PAGE);
    traffic.assertSealed(job.getFirst(), postgres);
  }

  /** istio#60649: an application that ends has still something to say to its peer. */
  @Test
  void istio60649_aPodReachesItsPeerThroughTheSealUntilItsApplicationHasEnded() {
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    var postgres = ring.pod(namespace, "postgres");
    ring.apply(Workloads.lastWords(namespace, "orders", Ring.address(postgres).getHostAddress()));
    var orders = ring.pod(namespace, "orders");
    traffic.awaitPage(orders, postgres);
    long before = ring.between(orders, postgres).espBytes();

    try (var words = ring.follow(orders, "app")) {
      var took =
          Timings.time(
              "deleted pod with last words after 3 s, until it is gone",
              () -> {
                ring.kubectl("delete", "pod", "orders", "-n", namespace, "--wait=false").must();
                ring.awaitGone(orders);
              });
      assertThat(words.ended(Duration.ofSeconds(10))).isTrue();
      assertThat(words.logged()).contains("last words: " + Workloads.PAGE);
      assertThat(took).isBetween(Duration.ofSeconds(3), Workloads.GRACE.minusSeconds(5));
    }
    assertThat(ring.between(orders, postgres).espBytes()).isGreaterThan(before);
    traffic.assertSealed(orders, postgres);
  }
}
