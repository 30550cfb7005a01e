package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Where NetworkPolicies are enforced: the chart's own, and those of an application's namespace. The
 * enforcer lets the node reach its pods whatever a policy says, so pods are the ones that ask.
 */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NetworkPolicyIT {
  private static final List<Integer> CONTROLLER_PORTS = List.of(9443, 9444, 8080);
  private static final int NOBODYS_PORT = 9999;
  private static final String UNSEALED = "podseal.io/inject: \"false\"";

  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private final List<String> namespaces = new ArrayList<>();
  private final Background enforcer =
      Background.start(
          "enforcer", List.of("cluster/enforce"), Map.of(), ring.keep("enforcer.log", ""));

  @BeforeAll
  void awaitEnforcer() {
    Awaitility.await("enforcer of NetworkPolicies")
        .atMost(Duration.ofSeconds(30))
        .until(() -> enforcer.logged().contains("enforcing") || !enforcer.running());
  }

  @AfterEach
  void close() {
    namespaces.forEach(ring::drop);
    namespaces.clear();
  }

  @AfterAll
  void enforceNoMore() {
    enforcer.terminate();
    assertThat(enforcer.ended(Duration.ofSeconds(30))).as(enforcer.logged()).isTrue();
    assertThat(enforcer.exit()).as(enforcer.logged()).isZero();
  }

  /** Without this the other tests would say nothing. */
  @Test
  void aPolicyThatAllowsNobodyKeepsUnsealedPodsApart() {
    var namespace = namespace("plain", UNSEALED);
    ring.apply(Workloads.pod(namespace, "orders", "orders"));
    ring.apply(Workloads.pod(namespace, "postgres", "postgres"));
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);

    ring.apply(policy(namespace, "nobody", "[]"));
    awaitUnanswered(orders, postgres);

    delete(namespace, "nobody");
    traffic.awaitPage(orders, postgres);
  }

  @Test
  void podsReachTheControllerAtItsOwnPortsAndAtNoOther() {
    var namespace = namespace("strangers", UNSEALED);
    ring.apply(Workloads.pod(namespace, "stranger", "stranger"));
    var stranger = ring.pod(namespace, "stranger");
    // The other replica does not listen for sidecars.
    var leader = ring.leader().orElseThrow();
    var controller = ring.client().pods().inNamespace(Ring.SYSTEM).withName(leader).get();
    var address = Ring.address(controller).getHostAddress();

    try (var _ = Node.serve(ring, controller, "controller", NOBODYS_PORT)) {
      Awaitility.await("a server that the node reaches")
          .atMost(Duration.ofSeconds(10))
          .until(() -> Command.of("curl", "-sS", address + ":" + NOBODYS_PORT).run().ok());

      for (int port : CONTROLLER_PORTS) {
        assertThat(connects(stranger, address, port)).as("port %d", port).isTrue();
      }
      Awaitility.await("the controller's policy to be in force")
          .atMost(Duration.ofSeconds(30))
          .until(() -> !connects(stranger, address, NOBODYS_PORT));
      assertThat(ring.exec(stranger, "ping", "-n", "-c", "1", "-W", "2", address).ok())
          .as("ping")
          .isFalse();
    }
  }

  @Test
  void aPairThatAPolicyKeepsFromUdp4500SendsNothingInClearAndIsSealedOnceThePolicyIsGone() {
    var namespace = namespace("blocked", "podseal.io/inject: \"true\"");
    ring.sniffer();
    ring.apply(withoutUdp4500(namespace));
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    // Ready says that both have their keys: the controller does not see what passes between them.
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");

    awaitUnansweredByForgetting(orders, postgres);
    assertThat(traffic.answers(orders, postgres)).isFalse();
    assertThat(traffic.answers(postgres, orders)).isFalse();

    assertThat(ring.between(orders, postgres).count(WireKind.IKE)).as("IKE messages").isPositive();
    traffic.assertNothingClear(orders, postgres);
    assertNamed(namespace);

    delete(namespace, "no-udp-4500");
    Timings.time(
        "deleted NetworkPolicy that kept UDP 4500 from a pair, to its first page",
        () -> traffic.awaitPage(orders, postgres));
    traffic.assertSealed(orders, postgres);
    assertThat(ring.podsealctl("check").out()).contains("ok    namespace " + namespace);
  }

  /**
   * The pair gets there under the chart's policy. Some enforcers end also what passed before, so
   * the node is made to forget it.
   */
  @Test
  void aSealedPairThatAPolicyInterruptsSendsNothingInClearAndGoesOnOnceThePolicyIsGone() {
    var namespace = sealedPair("interrupted");
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);
    traffic.assertSealed(orders, postgres);

    ring.apply(withoutUdp4500(namespace));
    awaitUnansweredByForgetting(orders, postgres);
    assertNamed(namespace);
    assertThat(traffic.answers(orders, postgres)).isFalse();
    traffic.assertNothingClear(orders, postgres);

    delete(namespace, "no-udp-4500");
    Timings.time(
        "deleted NetworkPolicy that interrupted a pair, to its next page",
        () -> traffic.awaitPage(orders, postgres));
    traffic.assertSealed(orders, postgres);
  }

  private String namespace(String what, String label) {
    return remember(ring.namespace(what, label));
  }

  private String sealedPair(String what) {
    return remember(ring.sealedPair(what));
  }

  private String remember(String namespace) {
    namespaces.add(namespace);
    return namespace;
  }

  private static String withoutUdp4500(String namespace) {
    return policy(
        namespace, "no-udp-4500", "[{ports: [{protocol: TCP}, {protocol: UDP, port: 500}]}]");
  }

  /** For all pods of the namespace. */
  private static String policy(String namespace, String name, String ingress) {
    return """
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: %2$s, namespace: %1$s}
    spec: {podSelector: {}, policyTypes: [Ingress], ingress: %3$s}
    """
        .formatted(namespace, name, ingress);
  }

  private void delete(String namespace, String policy) {
    ring.kubectl("delete", "networkpolicy", policy, "-n", namespace).must();
  }

  private void assertNamed(String namespace) {
    var checked = ring.podsealctl("check");
    assertThat(checked.exit()).isEqualTo(1);
    assertThat(checked.out())
        .contains("NetworkPolicy " + namespace + "/no-udp-4500 does not let UDP 4500 in\n")
        .doesNotContain("UDP 500 in");
  }

  /** What the node let pass before, the enforcer lets pass on. */
  private void awaitUnansweredByForgetting(Pod from, Pod to) {
    Awaitility.await("no page through the policy")
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          Command.of("conntrack", "-D", "-p", "udp", "--dport", "4500").run();
          return !traffic.answers(from, to);
        });
  }

  private void awaitUnanswered(Pod from, Pod to) {
    Awaitility.await("no page through the policy")
        .atMost(Duration.ofSeconds(30))
        .until(() -> !traffic.answers(from, to));
  }

  private boolean connects(Pod from, String host, int port) {
    var url = "http://" + host + ":" + port + "/";
    var after = "%{time_connect}";
    var line = List.of("curl", "-s", "-o", "/dev/null", "--max-time", "2", "-w", after, url);
    return Double.parseDouble(ring.exec(from, line.toArray(String[]::new)).out()) > 0;
  }
}
