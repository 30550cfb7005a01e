package io.podseal.controller.model;

import static io.podseal.controller.model.ClusterFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a controller that starts makes of peerings that an earlier one had in force. */
class RestartTest {
  private final ClusterFixture cluster =
      new ClusterFixture()
          .pod("orders-0", "orders", "10.0.0.1")
          .pod("db-0", "db", "10.0.0.9")
          .pod("web-z", "web", "10.0.2.1")
          .pod("web-y", "web", "10.0.2.2");

  /** An upgrade replaces every controller, and none may open what the last one sealed. */
  @Test
  void aCrowdedPeeringKeepsItsOldestPodsWhenAllControllersStartAnew() {
    cluster.maxPeers(2).peering("p", "orders", "web");
    assertThat(cluster.verdict("p").accepted().holds()).isTrue();
    cluster.pod("web-a", "web", "10.0.2.3");

    for (int start = 0; start < 2; start++) {
      cluster.restartControllers();
      var verdict = cluster.verdict("p");
      assertThat(verdict.accepted().reason()).isEqualTo("TooManyPairs");
      assertThat(verdict.pairs()).hasSize(2);
      for (String sealed : List.of("web-z", "web-y")) {
        assertThat(cluster.link("orders-0", sealed).hasSidecar()).isTrue();
      }
      var shut = cluster.link("orders-0", "web-a");
      assertThat(shut.guarded() && !shut.hasSidecar()).isTrue();
    }
  }

  /** The older peering has its places first, before a restart and after it. */
  @Test
  void aCrowdedPeeringGetsWhatAnOlderOneLeaves() {
    cluster.maxPeers(2).peering("old", "orders", "db").peering("young", "orders", "web");
    cluster.deletePod("web-y");
    assertThat(cluster.verdict("young").pairs()).hasSize(1);
    cluster.pod("web-a", "web", "10.0.2.3");

    for (int start = 0; start < 2; start++) {
      cluster.restartControllers();
      assertThat(cluster.verdict("old").pairs()).hasSize(1);
      assertThat(cluster.verdict("young").pairs()).hasSize(1);
      assertThat(cluster.link("orders-0", "web-z").hasSidecar()).isTrue();
    }
  }

  /** Pods may be heard of later than the peering: what is in force does not count as new then. */
  @Test
  void aRememberedPeeringWhosePodsComeLaterIsNotRefused() {
    cluster.maxPeers(1).deletePod("web-y").peering("p", "orders", "web");
    assertThat(cluster.verdict("p").pairs()).hasSize(1);
    cluster.restartControllers().deletePod("web-z");
    assertThat(cluster.verdict("p").pairs()).isEmpty();

    cluster.pod("web-z", "web", "10.0.2.1").pod("web-a", "web", "10.0.2.3");
    assertThat(cluster.verdict("p").accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(cluster.verdict("p").pairs()).hasSize(1);
  }

  @Test
  void aPeeringThatWasNeverInForceIsNotAfterARestartEither() {
    cluster.maxPeers(1).peering("p", "orders", "web");
    assertThat(cluster.verdict("p").pairs()).isEmpty();

    cluster.restartControllers();
    assertThat(cluster.verdict("p").pairs()).isEmpty();
    assertThat(cluster.policy("web-y").strictPorts()).isEmpty();
  }

  @Test
  void aPeeringWhoseProfileIsGoneIsSealedWithTheBuiltInAlgorithmsAndSaysSo() {
    var fast =
        new CryptoProfileSpec(List.of("aes128gcm16"), null, null, null, null, null, null, null);
    cluster
        .profile("fast", fast)
        .peering("p", spec("orders", "db", SecurePeeringSpec.STRICT, "fast"));
    assertThat(cluster.link("orders-0", "db-0").crypto()).isNotEqualTo(CryptoChoice.BUILT_IN);
    cluster.deleteProfile("fast");
    assertThat(cluster.verdict("p").accepted().message()).doesNotContain("built-in");

    for (int start = 0; start < 2; start++) {
      cluster.restartControllers();
      assertThat(cluster.link("orders-0", "db-0").hasSidecar()).isTrue();
      assertThat(cluster.link("orders-0", "db-0").crypto()).isEqualTo(CryptoChoice.BUILT_IN);
      assertThat(cluster.policy("db-0").strictPorts()).isNotEmpty();
      assertThat(cluster.verdict("p").accepted().reason()).isEqualTo("ProfileNotFound");
      assertThat(cluster.verdict("p").accepted().message())
          .contains("sealed with the built-in algorithms");
    }

    cluster.profile("fast", fast);
    assertThat(cluster.verdict("p").accepted().holds()).isTrue();
    assertThat(cluster.link("orders-0", "db-0").crypto()).isNotEqualTo(CryptoChoice.BUILT_IN);
  }
}
