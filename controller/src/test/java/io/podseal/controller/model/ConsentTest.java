package io.podseal.controller.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.crds.v1alpha1.GrantSource;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.PeeringGrantSpec;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Pods of the namespace {@code data} are paired with those of {@code shop} only while it agrees.
 */
class ConsentTest {
  private final ClusterFixture cluster =
      new ClusterFixture()
          .namespace("data")
          .namespace("prod")
          .pod("orders-0", "orders", "10.0.0.1")
          .podIn("data", "pg-0", "db", "10.5.0.1")
          .podIn("data", "backup-0", "backup", "10.5.0.2");

  @Test
  void aGrantMakesThemAPair() {
    cluster.peering("p", toData("db", SecurePeeringSpec.STRICT)).grant("g", "data", "shop", "db");

    var verdict = cluster.verdict("p");
    assertThat(verdict.pairs()).hasSize(1);
    assertThat(verdict.resolvedRefs().holds()).isTrue();
    assertThat(peerOf("orders-0").hasSidecar()).isTrue();
    assertThat(cluster.policy("pg-0").peers()).hasSize(1);
    assertThat(cluster.policy("pg-0").strictPorts()).isNotEmpty();
  }

  @Test
  void withdrawnConsentEndsThePairAtBothEndsAndStrictStillSendsNothingInClear() {
    cluster.peering("p", toData("db", SecurePeeringSpec.STRICT)).grant("g", "data", "shop", "db");
    assertThat(cluster.verdict("p").pairs()).hasSize(1);

    cluster.withdraw("g");

    var verdict = cluster.verdict("p");
    assertThat(verdict.pairs()).isEmpty();
    assertThat(verdict.resolvedRefs().reason()).isEqualTo("NotPermitted");
    assertThat(verdict.resolvedRefs().message())
        .contains("namespace data", "from: [{namespace: shop}]", "shut out");
    assertThat(cluster.report("p", Map.of()).conditions().getLast().reason())
        .as("Ready")
        .isEqualTo("NotPermitted");
    assertThat(cluster.policy("pg-0").peers()).isEmpty();
    assertThat(cluster.policy("pg-0").strictPorts()).isEmpty();
    assertThat(peerOf("orders-0").mode()).isEqualTo(Mode.STRICT);
    assertThat(peerOf("orders-0").hasSidecar()).isFalse();
    assertThat(peerOf("orders-0").ingress()).isEmpty();
  }

  @Test
  void aPermissivePeeringOnlySkipsWhoDoesNotPermitIt() {
    cluster.peering("p", toData("db", SecurePeeringSpec.PERMISSIVE));

    assertThat(cluster.verdict("p").resolvedRefs().message()).doesNotContain("shut out");
    assertThat(cluster.policy("orders-0").peers()).isEmpty();
  }

  @Test
  void whatOnePeeringMayNotAnotherThatMayStillSeals() {
    cluster
        .peering("all", toData("db", SecurePeeringSpec.STRICT))
        .peering("p", "orders", "orders")
        .grant("g", "data", "shop", "db");

    assertThat(peerOf("orders-0").hasSidecar()).isTrue();
  }

  @Test
  void aGrantIsForTheNamespaceAndThePodsThatItNames() {
    cluster
        .peering("p", toData("backup", SecurePeeringSpec.STRICT))
        .grant("other-pods", "data", "shop", "db")
        .grant("other-source", "data", "prod", "backup")
        .grant("other-place", "prod", "shop", "backup");

    assertThat(cluster.verdict("p").pairs()).isEmpty();

    cluster.grant("right", "data", "shop", "backup");
    assertThat(cluster.verdict("p").pairs()).hasSize(1);
  }

  @Test
  void homeNeedsNoGrant() {
    cluster.pod("db-0", "db", "10.0.0.9").peering("p", "orders", "db");

    assertThat(cluster.verdict("p").resolvedRefs().holds()).isTrue();
    assertThat(cluster.verdict("p").pairs()).hasSize(1);
  }

  @Test
  void aGrantThatCannotBeReadPermitsNothingAndSaysSo() {
    var subject = new Subject(Subject.Kind.PEERING_GRANT, "u", "data", "g", 1);
    var pod = cluster.build().graph().policy("uid-pg-0").isPresent();
    assertThat(pod).isTrue();
    var from = new ArrayList<GrantSource>();
    from.add(new GrantSource(null));
    var unreadable =
        List.of(
            new GrantRecord(subject, null),
            new GrantRecord(subject, new PeeringGrantSpec(List.of(new GrantSource("shop")), null)),
            new GrantRecord(
                subject,
                new PeeringGrantSpec(
                    List.of(new GrantSource("shop")), new PeerSource(new Selector(null, null)))),
            new GrantRecord(
                subject, new PeeringGrantSpec(from, new PeerSource(Selector.label("app", "db")))));

    for (var grant : unreadable) {
      var grants = new Grants(List.of(grant));
      var condition = grants.reports().getFirst().conditions().getFirst();
      assertThat(condition.holds()).isFalse();
      assertThat(condition.message()).contains("spec.").contains("it permits nothing");
      cluster.snapshot().pods().forEach(p -> assertThat(grants.permit("shop", p)).isFalse());
    }
  }

  @Test
  void hugeUnpermittedNamespacesAreRefusedAsAWhole() {
    for (int i = 0; i < 1_001; i++) {
      cluster.podIn("data", "many-" + i, "many", "10.9." + i / 250 + "." + i % 250);
    }
    cluster.peering("p", toData("many", SecurePeeringSpec.STRICT));

    assertThat(cluster.verdict("p").accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(cluster.policy("orders-0").peers()).isEmpty();
  }

  private PeerLink peerOf(String pod) {
    return cluster.policy(pod).peers().values().iterator().next();
  }

  private static SecurePeeringSpec toData(String app, String mode) {
    return new SecurePeeringSpec(
        new PeerSource(Selector.label("app", "orders")),
        List.of(
            new PeerDestination(
                Selector.label("app", app), Selector.label("kubernetes.io/metadata.name", "data"))),
        null,
        mode,
        null);
  }
}
