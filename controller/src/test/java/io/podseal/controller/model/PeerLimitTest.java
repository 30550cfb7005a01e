package io.podseal.controller.model;

import static io.podseal.controller.model.ClusterFixture.identity;
import static io.podseal.controller.model.ClusterFixture.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** How many peers a pod may have, and what becomes of a peering that would give it more. */
class PeerLimitTest {
  private final ClusterFixture cluster =
      new ClusterFixture()
          .pod("orders-0", "orders", "10.0.0.1")
          .pod("db-0", "db", "10.0.0.9")
          .pod("web-0", "web", "10.0.0.20");

  @Test
  void aPeeringBeyondTheLimitIsRefusedWholeAndOthersStay() {
    for (int i = 0; i < 5; i++) {
      cluster.pod("web-" + i, "web", "10.0.2." + i);
    }
    cluster.maxPeers(3).peering("small", "orders", "db").peering("big", "orders", "web");

    var verdict = cluster.verdict("big");
    assertThat(verdict.accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(verdict.accepted().message()).contains("shop/orders-0").contains("3 peers");
    assertThat(verdict.pairs()).isEmpty();
    assertThat(cluster.policy("orders-0").peers()).containsOnlyKeys(identity("db-0"));
    assertThat(cluster.policy("web-1").strictPorts()).isEmpty();
  }

  /** Scaling up by one pod too many opens nothing. */
  @Test
  void aPeeringThatGrowsBeyondTheLimitKeepsItsPairsAndShutsTheNewPodsOut() {
    cluster.pod("web-1", "web", "10.0.2.1").maxPeers(2).peering("p", "orders", "web");
    assertThat(cluster.verdict("p").accepted().holds()).isTrue();

    cluster.pod("web-3", "web", "10.0.2.3");
    for (int pass = 0; pass < 3; pass++) {
      var verdict = cluster.verdict("p");
      assertThat(verdict.accepted().holds()).isFalse();
      assertThat(verdict.accepted().reason()).isEqualTo("TooManyPairs");
      assertThat(verdict.accepted().message()).contains("as many as before stay paired");
      assertThat(verdict.pairs()).hasSize(2);
    }
    for (String sealed : List.of("web-0", "web-1")) {
      assertThat(cluster.link("orders-0", sealed).hasSidecar()).isTrue();
      assertThat(cluster.link(sealed, "orders-0").hasSidecar()).isTrue();
    }
    assertThat(isShut(cluster.link("orders-0", "web-3"))).isTrue();
    assertThat(isShut(cluster.link("web-3", "orders-0"))).isTrue();
    assertThat(cluster.policy("web-3").strictPorts()).isNotEmpty();

    cluster.maxPeers(3);
    assertThat(cluster.verdict("p").accepted().holds()).isTrue();
    assertThat(cluster.link("orders-0", "web-3").hasSidecar()).isTrue();
  }

  /** A rolling update gives every place to a new pod. */
  @Test
  void aPodThatIsReplacedGivesItsPlaceToAnother() {
    cluster.pod("web-1", "web", "10.0.2.1").maxPeers(2).peering("p", "orders", "web");
    assertThat(cluster.verdict("p").accepted().holds()).isTrue();
    cluster.pod("web-2", "web", "10.0.2.2").pod("web-3", "web", "10.0.2.3");
    assertThat(cluster.verdict("p").pairs()).hasSize(2);

    cluster.deletePod("web-0");
    assertThat(cluster.verdict("p").accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(cluster.verdict("p").pairs()).hasSize(2);
    assertThat(cluster.link("orders-0", "web-1").hasSidecar()).isTrue();
    assertThat(cluster.link("orders-0", "web-2").hasSidecar()).isTrue();
    assertThat(isShut(cluster.link("orders-0", "web-3"))).isTrue();

    cluster.deletePod("orders-0").pod("orders-9", "orders", "10.0.1.9");
    assertThat(cluster.verdict("p").pairs()).hasSize(2);
    assertThat(cluster.link("orders-9", "web-1").hasSidecar()).isTrue();
    assertThat(cluster.policy("web-3").strictPorts()).isNotEmpty();
  }

  /** Whoever cannot be paired even so is shut out, not opened. */
  @Test
  void whatWasSealedIsNeverOpenedByOtherPeeringsThatGrow() {
    cluster
        .pod("web-1", "web", "10.0.2.1")
        .maxPeers(2)
        .peering("a", "orders", "none")
        .peering("b", "orders", "web");
    assertThat(cluster.verdict("b").pairs()).hasSize(2);

    for (int i = 0; i < 5; i++) {
      cluster.pod("db-" + (i + 5), "none", "10.0.3." + i);
    }
    cluster.maxPeers(1);
    assertThat(cluster.verdict("b").accepted().reason()).isEqualTo("TooManyPairs");
    for (String web : List.of("web-0", "web-1")) {
      assertThat(cluster.link("orders-0", web).guarded()).isTrue();
      assertThat(cluster.policy(web).strictPorts()).isNotEmpty();
    }
  }

  private static boolean isShut(PeerLink link) {
    return link.guarded() && !link.hasSidecar();
  }

  @Test
  void aPeeringIsNotSmallerForever() {
    cluster.pod("web-1", "web", "10.0.2.1").maxPeers(1).peering("p", "orders", "web");
    assertThat(cluster.verdict("p").pairs()).isEmpty();

    cluster.deletePod("web-1");
    assertThat(cluster.verdict("p").pairs()).hasSize(1);

    cluster.pod("web-1", "web", "10.0.2.1");
    assertThat(cluster.verdict("p").pairs()).hasSize(1);
    cluster.deletePod("web-0");
    assertThat(cluster.verdict("p").accepted().holds()).isTrue();
    assertThat(cluster.link("orders-0", "web-1").hasSidecar()).isTrue();
  }

  @Test
  void theLimitCountsThePeersOfAllPeeringsTogether() {
    cluster
        .pod("web-1", "web", "10.0.2.1")
        .maxPeers(2)
        .peering("a", "orders", "db")
        .peering("b", "orders", "db", tcp(1))
        .peering("c", "orders", "web");

    assertThat(cluster.verdict("b").accepted().holds()).as("the same peer again").isTrue();
    assertThat(cluster.verdict("c").accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(cluster.maxPeers(3).verdict("c").accepted().holds()).isTrue();
  }

  @Test
  void exactlyTheLimitIsAccepted() {
    cluster.pod("web-1", "web", "10.0.2.1").maxPeers(2).peering("p", "orders", "web");

    assertThat(cluster.verdict("p").accepted().holds()).isTrue();
    assertThat(cluster.maxPeers(1).verdict("p").accepted().reason()).isEqualTo("TooManyPairs");
  }

  @Test
  void aHugePeeringIsRefusedWithoutListingItsPairs() {
    for (int i = 0; i < 3_000; i++) {
      cluster.pod("m" + i, "many", "10.1." + i / 250 + "." + i % 250);
    }
    cluster.peering("p", "many", "many");

    assertThat(cluster.verdict("p").accepted().reason()).isEqualTo("TooManyPairs");
  }

  /** The limit is that of a sidecar, whichever peerings its peers come from. */
  @Test
  void noPodHasMorePeersThanTheLimitWhenAnOlderPeeringGrows() {
    cluster
        .pod("web-1", "web", "10.0.2.1")
        .maxPeers(2)
        .peering("a", "orders", "late")
        .peering("b", "orders", "web");
    assertThat(cluster.verdict("b").pairs()).hasSize(2);

    cluster.pod("late-0", "late", "10.0.3.1").pod("late-1", "late", "10.0.3.2");
    assertThat(cluster.verdict("a").pairs()).hasSize(2);
    assertThat(cluster.verdict("b").pairs()).isEmpty();
    assertThat(cluster.policy("orders-0").peers().values())
        .filteredOn(PeerLink::hasSidecar)
        .hasSize(2);
    for (String web : List.of("web-0", "web-1")) {
      assertThat(isShut(cluster.link("orders-0", web))).isTrue();
      assertThat(isShut(cluster.link(web, "orders-0"))).isTrue();
    }
  }

  /** All-to-all of many pods, each within its own limit, would fill the controllers' memory. */
  @Test
  void aPeeringThatPairsTooManyPodsInAllIsRefusedAndOneThatGrowsSoFarKeepsItsPairs() {
    int pods = 0;
    while ((pods + 1) * pods / 2 <= PeerLimit.MAX_PAIRS) {
      cluster.pod("mesh-" + pods, "mesh", "10.1." + pods / 250 + "." + pods % 250);
      pods++;
    }
    cluster.peering("mesh", "mesh", "mesh").peering("small", "orders", "db");
    assertThat(cluster.verdict("mesh").accepted().holds()).isTrue();
    int before = cluster.verdict("mesh").pairs().size();

    cluster.pod("mesh-last", "mesh", "10.2.0.1").peering("another", "mesh", "web");
    var grown = cluster.verdict("mesh");
    assertThat(grown.accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(grown.accepted().message())
        .contains("the cluster would have more than " + PeerLimit.MAX_PAIRS + " pairs of pods")
        .contains("as many as before stay paired");
    assertThat(grown.pairs()).hasSize(before);
    assertThat(cluster.policy("mesh-last").strictPorts()).isNotEmpty();
  }

  @Test
  void aPeeringThatBeginsWithTooManyPairsIsRefusedWholeAndOthersStay() {
    int pods = 1 + (int) Math.sqrt(2.0 * PeerLimit.MAX_PAIRS) + 1;
    for (int i = 0; i < pods; i++) {
      cluster.pod("mesh-" + i, "mesh", "10.1." + i / 250 + "." + i % 250);
    }
    cluster.peering("mesh", "mesh", "mesh").peering("small", "orders", "db");

    assertThat(cluster.verdict("mesh").accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(cluster.verdict("mesh").pairs()).isEmpty();
    assertThat(cluster.policy("orders-0").peers()).containsOnlyKeys(identity("db-0"));
  }

  /** A tenant's mesh that grows, however old its peering is, costs no other tenant a pair. */
  @Test
  void whatIsInForceStaysWhenAnOlderPeeringGrowsToTheLimitOfAll() {
    cluster.peering("old", "mesh", "mesh").peering("young", "crowd", "crowd");
    addPods("mesh", 10);
    addPods("crowd", 300);
    int crowd = cluster.verdict("young").pairs().size();
    assertThat(crowd).isEqualTo(300 * 299 / 2);

    addPods("mesh", 440);
    assertThat(cluster.verdict("old").accepted().reason()).isEqualTo("TooManyPairs");
    assertThat(cluster.verdict("old").pairs()).hasSizeGreaterThanOrEqualTo(10 * 9 / 2);
    assertThat(cluster.verdict("young").accepted().holds()).isTrue();
    assertThat(cluster.verdict("young").pairs()).hasSize(crowd);
  }

  private void addPods(String app, int upTo) {
    for (int i = 0; i < upTo; i++) {
      var net = app.equals("mesh") ? "10.1." : "10.2.";
      cluster.pod(app + "-" + i, app, net + i / 250 + "." + i % 250);
    }
  }
}
