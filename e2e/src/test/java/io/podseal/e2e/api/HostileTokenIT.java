package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import io.podseal.control.v1.Peer;
import io.podseal.controller.AuditLines;
import io.podseal.controller.TestSidecar;
import io.podseal.e2e.kube.ControlPlane;
import io.podseal.e2e.kube.Tokens;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tokens as a real API server reviews them; each refusal leaves a neighbour undisturbed. */
@Tag("api")
@ExtendWith(Api.class)
class HostileTokenIT {
  private final LiveController controller = Api.controller();
  private final String namespace = controller.namespace();
  private final Pod orders = controller.pod(namespace, "orders", "orders");
  private final Pod db = controller.pod(namespace, "db", "db");
  private TestSidecar neighbour;
  private int told;

  @BeforeEach
  void theNeighbourHasAPeer() {
    controller.pod(namespace, "web", "web");
    controller.peering(namespace, "db-to-web", "db", "web");
    neighbour = controller.connect(db);
    await().until(() -> neighbour.peers().size() == 1);
    told = neighbour.updates().size();
  }

  @AfterEach
  void theNeighbourNoticedNothingAndHearsOfTheNextChange() {
    assertUndisturbed();
    var second = controller.pod(namespace, "web-1", "web");
    await().until(() -> neighbour.peers().size() == 2);
    assertThat(neighbour.updates()).hasSize(told + 1);
    assertThat(neighbour.lastUpdate().getFull()).isFalse();
    assertThat(neighbour.lastUpdate().getPeersList())
        .singleElement()
        .extracting(Peer::getIdentity)
        .asString()
        .startsWith(second.getMetadata().getUid());
    neighbour.close();
  }

  @Test
  void theTokenThatTheKubeletProjectsIsAccepted() {
    try (var sidecar = controller.connect(orders)) {
      await().until(() -> !sidecar.updates().isEmpty());
      assertThat(sidecar.self().getIdentity())
          .isEqualTo(orders.getMetadata().getUid() + "." + namespace + ".pods.cluster.local");
      assertThat(AuditLines.in(controller.logged(), AuditLines.OPENED))
          .anySatisfy(line -> {
            assertThat(line.group("pod")).isEqualTo(namespace + "/orders");
            assertThat(line.group("uid")).isEqualTo(orders.getMetadata().getUid());
            assertThat(line.group("account")).isEqualTo(orders.getSpec().getServiceAccountName());
          });
    }
  }

  @Test
  void aTokenForAnotherAudienceIsRefused() {
    refused(controller.token(orders, "vault"), "not_authenticated");
  }

  @Test
  void aTokenForTheApiServerItselfIsRefused() {
    refused(
        Tokens.of(Api.client(), namespace, "default").mint(Duration.ofMinutes(10)),
        "not_authenticated");
  }

  @Test
  void aTokenThatIsBoundToNoPodIsRefused() {
    var token = controller.token(orders, "podseal");
    refused(forge().alter(token, ",\"pod\":\\{[^}]*}", ""), "not_pod_bound");
  }

  @Test
  void anExpiredTokenIsRefused() {
    refused(
        forge().alter(controller.token(orders, "podseal"), "\"exp\":\\d+", "\"exp\":1700000000"),
        "not_authenticated");
  }

  @Test
  void aTokenWithTheUidOfNoPodIsRefused() {
    refused(
        forge()
            .alter(
                controller.token(orders, "podseal"),
                orders.getMetadata().getUid(),
                UUID.randomUUID().toString()),
        "not_authenticated");
  }

  @Test
  void aTokenOfAForeignIssuerIsRefused() {
    refused(
        forge().alter(controller.token(orders, "podseal"), "kubernetes.default.svc", "example"),
        "not_authenticated");
  }

  @Test
  void aTokenWithAnotherSignatureIsRefused() {
    var token = controller.token(orders, "podseal");
    var other = controller.token(orders, "vault");
    refused(
        token.substring(0, token.lastIndexOf('.')) + other.substring(other.lastIndexOf('.')),
        "not_authenticated");
  }

  @Test
  void theTokenOfADeletedPodIsRefused() {
    var token = controller.token(orders, "podseal");
    controller.delete(orders);
    refused(token, "not_authenticated");
  }

  /**
   * For some seconds the API server knows a token that it has reviewed, whatever became of its pod.
   */
  @Test
  void aTokenThatTheApiServerStillRemembersDiesWithItsPod() {
    var token = controller.token(orders, "podseal");
    try (var sidecar = controller.connect(namespace, token)) {
      await().until(() -> !sidecar.updates().isEmpty());
      controller.delete(orders);
      await().until(() -> sidecar.ended() != null);
    }
    refused(token, "pod_unknown");
    assertThat(AuditLines.in(controller.logged(), AuditLines.DENIED))
        .filteredOn(line -> line.group("reason").equals("pod_unknown"))
        .anySatisfy(line -> {
          assertThat(line.group("pod")).isEqualTo(namespace + "/orders");
          assertThat(line.group("uid")).isEqualTo(orders.getMetadata().getUid());
          assertThat(line.group("account")).isEqualTo("default");
          assertThat(line.group("node")).isEqualTo("-");
        });
  }

  @Test
  void aDenialNamesTheNodeOfThePod() {
    assumeTrue(Api.own().isPresent(), "nobody's node runs the pod");
    var node = "node-of-" + namespace;
    var made = new NodeBuilder().withNewMetadata().withName(node).endMetadata().build();
    Api.client().resource(made).create();
    Api.kubectl(
            "create",
            "--raw",
            "/api/v1/namespaces/" + namespace + "/pods/orders/binding",
            "-f",
            "-")
        .run(
            """
            {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "orders"},
             "target": {"apiVersion": "v1", "kind": "Node", "name": "%s"}}
            """
                .formatted(node))
        .must();
    var token = controller.token(orders, "podseal");
    try (var sidecar = controller.connect(namespace, token)) {
      await().until(() -> !sidecar.updates().isEmpty());
      controller.delete(orders);
      await().until(() -> sidecar.ended() != null);
    }
    refused(token, "pod_unknown");

    assertThat(AuditLines.in(controller.logged(), AuditLines.DENIED))
        .filteredOn(line -> line.group("uid").equals(orders.getMetadata().getUid()))
        .isNotEmpty()
        .allMatch(line -> line.group("node").equals(node));
    Api.client().resource(made).delete();
  }

  /** tailscale#13451: a credential that outlives its pod. */
  @Test
  void tailscale13451_aPodOfTheSameNameHasNoUseForTheTokenOfItsPredecessor() {
    var token = controller.token(orders, "podseal");
    controller.delete(orders);
    controller.pod(namespace, "orders", "orders");
    refused(token, "not_authenticated");
  }

  private void refused(String token, String reason) {
    long before = denials(reason);
    try (var sidecar = controller.connect(namespace, token)) {
      await().until(() -> sidecar.ended() != null);
      var ended = sidecar.ended();
      assertThat(ended == null ? Status.Code.OK : ended.getCode())
          .isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(sidecar.updates()).isEmpty();
    }
    assertThat(denials(reason)).as("audited denials for %s", reason).isGreaterThan(before);
    assertThat(AuditLines.strange(controller.logged())).isEmpty();
    assertUndisturbed();
  }

  private void assertUndisturbed() {
    assertThat(neighbour.ended()).isNull();
    assertThat(neighbour.updates()).as("updates of the neighbour").hasSize(told);
  }

  private long denials(String reason) {
    return Stream.of(AuditLines.DENIED, AuditLines.DENIED_UNKNOWN)
        .flatMap(kind -> AuditLines.in(controller.logged(), kind).stream())
        .filter(line -> line.group("reason").equals(reason))
        .count();
  }

  /** Only the kit's own server has its key here. */
  private static ForgedTokens forge() {
    var own = Api.own();
    assumeTrue(own.isPresent(), "the key of the API server is known");
    return ForgedTokens.signedBy(own.map(ControlPlane::signingKey).orElseThrow());
  }
}
