package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.podseal.controller.TestSidecar;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.ProfileReference;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Peerings that pass the schema and cannot be honoured, on a real API server: each says why, and
 * the good peering beside it notices nothing.
 */
@Tag("api")
@ExtendWith(Api.class)
class BadPeeringIT {
  private static final int MANY = 5_000;

  private final LiveController controller = Api.controller();
  private final String namespace = controller.namespace();
  private final TestSidecar orders =
      controller.connect(controller.pod(namespace, "orders", "orders"));
  private final TestSidecar db = controller.connect(controller.pod(namespace, "db", "db"));
  private int updates;

  @BeforeEach
  void aGoodPeering() {
    peering("good", "orders", "db", null);
    await().until(() -> orders.peers().size() == 1 && db.peers().size() == 1);
    await()
        .untilAsserted(() -> assertThat(condition("good", "Ready").getStatus()).isEqualTo("True"));
    updates = orders.updates().size();
  }

  @AfterEach
  void theGoodPeeringNoticedNothing() {
    assertThat(orders.ended()).isNull();
    assertThat(db.ended()).isNull();
    assertThat(orders.peers()).hasSize(1);
    assertThat(orders.updates()).hasSize(updates);
    assertThat(condition("good", "Ready").getStatus()).isEqualTo("True");
    orders.close();
    db.close();
  }

  @Test
  void aSelectorThatMatches5000PodsIsTooManyPairsAndProgramsNothing() {
    IntStream.range(0, MANY)
        .parallel()
        .forEach(i -> controller.pod(namespace, "many-" + i, "many"));
    peering("wide", "many", "many", null);

    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> {
          var accepted = condition("wide", "Accepted");
          assertThat(accepted.getReason()).isEqualTo("TooManyPairs");
          assertThat(accepted.getMessage()).contains("select fewer pods");
        });
    var one = Api.client().pods().inNamespace(namespace).withName("many-7").get();
    try (var member = controller.connect(one)) {
      await().until(() -> !member.updates().isEmpty());
      assertThat(member.peers()).isEmpty();
    }
  }

  @Test
  void theYoungerOfTwoConflictingPeeringsSaysWhoseProfileIsUsed() {
    apply(
        """
        apiVersion: podseal.io/v1alpha1
        kind: CryptoProfile
        metadata: {name: other}
        spec: {childLifetime: 10m}
        """);
    peering("younger", "orders", "db", "other");

    await()
        .untilAsserted(() -> {
          var accepted = condition("younger", "Accepted");
          assertThat(accepted.getReason()).isEqualTo("Conflicted");
          assertThat(accepted.getMessage()).contains("older peering good");
        });
  }

  @Test
  void anUnknownProfileIsNamed() {
    peering("unknown", "orders", "db", "nowhere");

    await()
        .untilAsserted(() -> {
          var references = condition("unknown", "ResolvedRefs");
          assertThat(references.getReason()).isEqualTo("ProfileNotFound");
          assertThat(references.getMessage()).contains(namespace + "/nowhere", "create it");
          assertThat(condition("unknown", "Accepted").getStatus()).isEqualTo("False");
        });
  }

  @Test
  void anExternalPeerIsKeptAndSaysThatItIsNotYetSupported() {
    apply(
        """
        apiVersion: podseal.io/v1alpha1
        kind: ExternalPeer
        metadata: {name: office}
        spec:
          address: 192.0.2.1
          remoteId: office.example.com
          networks: [198.51.100.0/24]
          secretRef: {name: office}
        """);

    await()
        .untilAsserted(() ->
            assertThat(
                    Api.kubectl("-n", namespace, "get", "externalpeer", "office", "-o", "wide")
                        .must())
                .contains("False", "NotYetSupported"));
  }

  private void peering(String name, String from, String to, @Nullable String profile) {
    var peering = new SecurePeering();
    peering.getMetadata().setNamespace(namespace);
    peering.getMetadata().setName(name);
    peering.setSpec(
        new SecurePeeringSpec(
            new PeerSource(Selector.label("app", from)),
            List.of(new PeerDestination(Selector.label("app", to))),
            null,
            null,
            profile == null ? null : new ProfileReference(profile)));
    Api.client().resource(peering).create();
  }

  private void apply(String yaml) {
    Api.kubectl("-n", namespace, "apply", "-f", "-").run(yaml).must();
  }

  private Condition condition(String peering, String type) {
    var found =
        Api.client().resources(SecurePeering.class).inNamespace(namespace).withName(peering).get();
    return Optional.ofNullable(found.getStatus())
        .map(status -> status.conditions())
        .flatMap(all -> all.stream().filter(c -> type.equals(c.getType())).findFirst())
        .orElseGet(Condition::new);
  }
}
