package io.podseal.controller.model;

import static io.podseal.controller.model.ClusterFixture.identity;
import static io.podseal.controller.model.ClusterFixture.permissive;
import static io.podseal.controller.model.ClusterFixture.spec;
import static io.podseal.controller.model.ClusterFixture.strict;
import static io.podseal.controller.model.ClusterFixture.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.PortSpec;
import io.podseal.crds.v1alpha1.Requirement;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerGraphTest {
  private final ClusterFixture cluster =
      new ClusterFixture()
          .pod("orders-0", "orders", "10.0.0.1")
          .pod("orders-1", "orders", "10.0.0.2")
          .pod("db-0", "db", "10.0.0.9");

  @Test
  void everyFromPodIsPairedWithEveryToPodAndWithNobodyElse() {
    cluster.peering("p", "orders", "db", tcp(5432));

    assertThat(cluster.policy("db-0").peers())
        .containsOnlyKeys(identity("orders-0"), identity("orders-1"));
    assertThat(cluster.policy("orders-0").peers()).containsOnlyKeys(identity("db-0"));
    assertThat(cluster.policy("orders-1").peers()).containsOnlyKeys(identity("db-0"));
    assertThat(cluster.verdict("p").pairs()).hasSize(2);
  }

  @Test
  void aPodIsToldWhoItIsAndWhereItsPeersAre() {
    cluster.peering("p", "orders", "db", tcp(5432));

    var policy = cluster.policy("orders-0");
    assertThat(policy.identity()).isEqualTo("uid-orders-0.shop.pods.cluster.local");
    assertThat(policy.addresses()).containsExactly("10.0.0.1");
    var link = cluster.link("orders-0", "db-0");
    assertThat(link.pod()).isEqualTo("shop/db-0");
    assertThat(link.addresses()).containsExactly("10.0.0.9");
    assertThat(link.hasSidecar()).isTrue();
    assertThat(link.mode()).isEqualTo(Mode.STRICT);
    assertThat(link.crypto()).isEqualTo(CryptoChoice.BUILT_IN);
  }

  @Test
  void identitiesAreLowerCase() {
    assertThat(PodRecord.identity("3F2A", "Shop", "Cluster.Local"))
        .isEqualTo("3f2a.shop.pods.cluster.local");
  }

  @Test
  void theReceiverLetsInThePortsAndTheSenderOnlyReplies() {
    cluster.peering("p", "orders", "db", tcp(5432), new PortSpec("UDP", 100, 200));

    assertThat(cluster.link("db-0", "orders-0").ingress())
        .containsExactly(new PortRule(6, 5432, 0), new PortRule(17, 100, 200));
    assertThat(cluster.link("orders-0", "db-0").ingress()).isEmpty();
  }

  @Test
  void noPortsMeansEverything() {
    cluster.peering("p", "orders", "db");

    assertThat(cluster.link("db-0", "orders-0").ingress()).containsExactly(PortRule.EVERYTHING);
    assertThat(cluster.policy("db-0").strictPorts()).containsExactly(PortRule.EVERYTHING);
  }

  @Test
  void aProtocolWithoutPortMeansAllItsPorts() {
    cluster.peering("p", "orders", "db", new PortSpec("SCTP", null, null));

    assertThat(cluster.link("db-0", "orders-0").ingress()).containsExactly(new PortRule(132, 0, 0));
  }

  @Test
  void strictPortsAreTheUnionOfStrictPeeringsToThePodOnly() {
    cluster
        .pod("web-0", "web", "10.0.0.20")
        .peering("a", "orders", "db", tcp(5432))
        .peering("b", "web", "db", tcp(5433), tcp(5432))
        .peering("c", permissive("web", "db", tcp(9090)))
        .peering("d", "db", "web", tcp(80));

    assertThat(cluster.policy("db-0").strictPorts())
        .containsExactly(new PortRule(6, 5432, 0), new PortRule(6, 5433, 0));
    assertThat(cluster.policy("orders-0").strictPorts()).isEmpty();
  }

  @Test
  void aPodNeverPairsWithItself() {
    cluster.peering("mesh", "orders", "orders", tcp(80));

    assertThat(cluster.policy("orders-0").peers()).containsOnlyKeys(identity("orders-1"));
    assertThat(cluster.verdict("mesh").pairs()).hasSize(1);
    assertThat(cluster.link("orders-0", "orders-1").ingress())
        .containsExactly(new PortRule(6, 80, 0));
    assertThat(cluster.link("orders-1", "orders-0").ingress())
        .containsExactly(new PortRule(6, 80, 0));
  }

  @Test
  void overlappingPeeringsMergeToTheStrictestModeAndAllPorts() {
    cluster
        .peering("a", permissive("orders", "db", tcp(5432)))
        .peering("b", "orders", "db", tcp(80))
        .peering("c", permissive("orders", "db", tcp(80)));

    var link = cluster.link("db-0", "orders-0");
    assertThat(link.mode()).isEqualTo(Mode.STRICT);
    assertThat(link.ingress()).containsExactly(new PortRule(6, 80, 0), new PortRule(6, 5432, 0));
    assertThat(cluster.verdict("a").accepted().holds()).isTrue();
    assertThat(cluster.verdict("b").accepted().holds()).isTrue();
  }

  @Test
  void whereProfilesDifferTheOldestWinsAndTheYoungerSaysSo() {
    cluster
        .profile("fast", profile("aes128gcm16"))
        .peering("older", "orders", "db")
        .peering("younger", spec("orders", "db", SecurePeeringSpec.STRICT, "fast"));

    assertThat(cluster.link("orders-0", "db-0").crypto()).isEqualTo(CryptoChoice.BUILT_IN);
    assertThat(cluster.verdict("older").accepted().holds()).isTrue();
    var accepted = cluster.verdict("younger").accepted();
    assertThat(accepted.status()).isEqualTo("False");
    assertThat(accepted.reason()).isEqualTo("Conflicted");
    assertThat(accepted.message()).contains("older");
    assertThat(cluster.verdict("younger").pairs()).as("still sealed").hasSize(2);
  }

  @Test
  void peeringsOfTheSameAgeWinByName() {
    cluster.profile("fast", profile("aes128gcm16"));
    var spec = spec("orders", "db", SecurePeeringSpec.STRICT, "fast");
    var snapshot = cluster.peering("x", "orders", "db").snapshot();
    var created = Instant.EPOCH;
    var result =
        GraphBuilder.build(
            new ClusterSnapshot(
                snapshot.pods(),
                snapshot.namespaces(),
                List.of(
                    new PeeringRecord("2", "shop", "b", 1, created, spec),
                    new PeeringRecord("1", "shop", "a", 1, created, strict("orders", "db"))),
                snapshot.profiles(),
                snapshot.grants(),
                snapshot.externalPeers(),
                List.of(),
                List.of()),
            ClusterFixture.DOMAIN,
            1000,
            AcceptedPeerings.NONE);

    assertThat(result.verdicts()).extracting(v -> v.peering().name()).containsExactly("a", "b");
    assertThat(result.verdicts().getLast().accepted().reason()).isEqualTo("Conflicted");
  }

  @Test
  void aNamedProfileReachesBothEnds() {
    cluster
        .profile(
            "fast",
            new CryptoProfileSpec(
                List.of("aes128"),
                "1h30m",
                "8h",
                "5s",
                List.of("sha384"),
                List.of("prfsha512"),
                List.of("modp3072", "ecp384"),
                List.of("none")))
        .peering("p", spec("orders", "db", SecurePeeringSpec.STRICT, "fast"));

    var expected =
        new CryptoChoice(
            "fast",
            new AlgorithmChoice(
                List.of("aes128"),
                List.of("sha384"),
                List.of("prfsha512"),
                List.of("modp3072", "ecp384"),
                List.of("none")),
            Duration.ofMinutes(90),
            Duration.ofHours(8),
            Duration.ofSeconds(5));
    assertThat(cluster.link("orders-0", "db-0").crypto()).isEqualTo(expected);
    assertThat(cluster.link("db-0", "orders-0").crypto()).isEqualTo(expected);
  }

  @Test
  void anObjectNamedDefaultReplacesTheBuiltInValues() {
    cluster.profile("default", profile("aes128gcm16")).peering("p", "orders", "db");

    assertThat(cluster.link("orders-0", "db-0").crypto().algorithms().encryption())
        .containsExactly("aes128gcm16");
  }

  @Test
  void aPodWithoutSidecarIsListedSoThatNothingGoesToItInClear() {
    cluster.change("db-0", PeerGraphTest::withoutSidecar).peering("p", "orders", "db");

    var result = cluster.build();
    assertThat(result.graph().policy("uid-db-0")).isEmpty();
    assertThat(cluster.link("orders-0", "db-0").hasSidecar()).isFalse();
    assertThat(cluster.link("orders-0", "db-0").mode()).isEqualTo(Mode.STRICT);
    assertThat(cluster.verdict("p").pairs()).as("desired all the same").hasSize(2);
  }

  @Test
  void permissiveTellsThatAPodHasNoSidecar() {
    cluster.change("db-0", PeerGraphTest::withoutSidecar).peering("p", permissive("orders", "db"));

    assertThat(cluster.link("orders-0", "db-0").hasSidecar()).isFalse();
    assertThat(cluster.link("orders-0", "db-0").mode()).isEqualTo(Mode.PERMISSIVE);
  }

  @Test
  void hostNetworkFinishedAndAddresslessPodsAreNoPeers() {
    cluster
        .pod("node", "db", "192.168.0.1")
        .change("node", pod -> with(pod, pod.addresses(), true, false))
        .pod("done", "db", "10.0.0.50")
        .change("done", pod -> with(pod, pod.addresses(), false, true))
        .pod("new", "db")
        .peering("p", "orders", "db");

    assertThat(cluster.policy("orders-0").peers()).containsOnlyKeys(identity("db-0"));
    assertThat(cluster.verdict("p").hostNetworkPods())
        .extracting(PodRecord::name)
        .containsExactly("node");
  }

  @Test
  void aSidecarGetsNoPolicyBeforeItsPodHasAnAddress() {
    cluster.pod("new", "orders").peering("p", "orders", "db");

    assertThat(cluster.build().graph().policy("uid-new")).isEmpty();
    cluster.pod("new", "orders", "10.0.0.30");
    assertThat(cluster.policy("new").peers()).containsOnlyKeys(identity("db-0"));
  }

  @Test
  void aSidecarWithoutPeersGetsAnEmptyPolicy() {
    assertThat(cluster.policy("orders-0").peers()).isEmpty();
  }

  /** antrea#6507, kubernetes#109414: a finished pod still shows the address that it had. */
  @Test
  void antrea6507_aFinishedPodGivesItsAddressAway() {
    cluster
        .change("orders-0", pod -> with(pod, pod.addresses(), false, true))
        .pod("orders-2", "orders", "10.0.0.1")
        .peering("p", "orders", "db");

    assertThat(cluster.link("db-0", "orders-2").addresses()).containsExactly("10.0.0.1");
    assertThat(cluster.policy("db-0").peers()).doesNotContainKey(identity("orders-0"));
  }

  @Test
  void anAddressHeldByTwoLivePodsProvesNobodyAndStaysShut() {
    cluster.pod("orders-2", "orders", "10.0.0.1").peering("p", permissive("orders", "db"));

    var peers = cluster.policy("db-0").peers();
    assertThat(peers).containsOnlyKeys(identity("orders-0"), identity("orders-1"));
    var shut = cluster.link("db-0", "orders-0");
    assertThat(shut.addresses()).containsExactly("10.0.0.1");
    assertThat(shut.hasSidecar()).as("no key").isFalse();
    assertThat(shut.mode()).as("nothing in clear").isEqualTo(Mode.STRICT);
    assertThat(shut.ingress()).isEmpty();
    assertThat(cluster.link("db-0", "orders-1").hasSidecar()).isTrue();
    assertThat(cluster.policy("orders-0").peers())
        .as("its holders still know whom not to send to in clear")
        .containsOnlyKeys(identity("db-0"));
  }

  @Test
  void anAddressSharedWithAPodThatNobodySelectedStaysShutToo() {
    cluster.pod("stranger", "other", "10.0.0.9").peering("p", "orders", "db");

    assertThat(cluster.link("orders-0", "db-0").hasSidecar()).isFalse();
    assertThat(cluster.link("orders-0", "db-0").addresses()).containsExactly("10.0.0.9");
  }

  @Test
  void onceTheOldPodIsGoneTheAddressBelongsToTheNewOne() {
    cluster.pod("orders-2", "orders", "10.0.0.1").peering("p", "orders", "db");
    cluster.build();

    cluster.deletePod("orders-0");

    assertThat(cluster.policy("db-0").peers())
        .containsOnlyKeys(identity("orders-1"), identity("orders-2"));
    assertThat(cluster.link("db-0", "orders-2").hasSidecar()).isTrue();
  }

  @Test
  void noPolicyEverHasOneAddressUnderTwoIdentities() {
    for (int i = 0; i < 20; i++) {
      cluster.pod("many-" + i, "orders", "10.0.1." + (i % 7), "fd00::" + (i % 5));
    }
    cluster.peering("p", "orders", "db").peering("mesh", "orders", "orders");

    for (var policy : cluster.build().graph().policies().values()) {
      var addresses =
          policy.peers().values().stream().flatMap(peer -> peer.addresses().stream()).toList();
      assertThat(addresses).doesNotHaveDuplicates();
      assertThat(addresses).doesNotContainAnyElementsOf(policy.addresses());
    }
  }

  @Test
  void selectorsWithExpressionsSelectAsKubernetesDoes() {
    var expressions =
        List.of(
            new Requirement("app", "In", List.of("orders", "web")),
            new Requirement("canary", "DoesNotExist", null));
    cluster
        .pod("canary-0", "orders", "10.0.0.40")
        .change("canary-0", pod -> labelled(pod, Map.of("app", "orders", "canary", "true")))
        .peering(
            "p",
            new SecurePeeringSpec(
                new PeerSource(new Selector(null, expressions)),
                List.of(
                    new PeerDestination(
                        new Selector(
                            null,
                            List.of(
                                new Requirement("app", "NotIn", List.of("orders")),
                                new Requirement("app", "Exists", List.of()))))),
                null,
                null,
                null));

    assertThat(cluster.policy("db-0").peers())
        .containsOnlyKeys(identity("orders-0"), identity("orders-1"));
  }

  @Test
  void podsOfOtherNamespacesAreNeverSelectedByFrom() {
    cluster
        .podIn("other", "thief", "orders", "10.9.9.9")
        .namespace("other")
        .peering("p", "orders", "db");

    assertThat(cluster.policy("db-0").peers()).hasSize(2);
    assertThat(cluster.policy("thief").peers()).isEmpty();
  }

  @Test
  void theOrderOfTheInputDoesNotMatter() {
    cluster
        .pod("db-1", "db", "10.0.0.9")
        .profile("fast", profile("aes128gcm16"))
        .peering("a", "orders", "db", tcp(1), tcp(2))
        .peering("b", spec("db", "orders", SecurePeeringSpec.PERMISSIVE, "fast", tcp(3)));

    var first = cluster.buildShuffled(1);
    for (long seed = 2; seed < 20; seed++) {
      var again = cluster.buildShuffled(seed);
      assertThat(again.graph()).isEqualTo(first.graph());
      assertThat(again.verdicts()).isEqualTo(first.verdicts());
    }
  }

  @Test
  void fiveThousandPodsInAHundredPeeringsKnowTheirOwnGroup() {
    for (int i = 0; i < 5_000; i++) {
      cluster.pod(
          "p" + i, "group-" + i / 50, "10." + i / 65_536 + "." + i / 256 % 256 + "." + i % 256);
    }
    for (int group = 0; group < 100; group++) {
      cluster.peering("mesh-" + group, "group-" + group, "group-" + group, tcp(80));
    }
    assertThat(cluster.build().graph().policies()).hasSize(5_003);
    assertThat(cluster.verdict("mesh-7").pairs()).hasSize(50 * 49 / 2);
  }

  private static CryptoProfileSpec profile(String encryption) {
    return new CryptoProfileSpec(List.of(encryption), null, null, null, null, null, null, null);
  }

  static PodRecord withoutSidecar(PodRecord pod) {
    return new PodRecord(
        pod.uid(),
        pod.namespace(),
        pod.name(),
        pod.serviceAccount(),
        pod.labels(),
        pod.addresses(),
        false,
        false,
        false,
        pod.created());
  }

  private static PodRecord labelled(PodRecord pod, Map<String, String> labels) {
    return new PodRecord(
        pod.uid(),
        pod.namespace(),
        pod.name(),
        pod.serviceAccount(),
        labels,
        pod.addresses(),
        false,
        true,
        false,
        pod.created());
  }

  private static PodRecord with(
      PodRecord pod, List<String> addresses, boolean hostNetwork, boolean finished) {
    return new PodRecord(
        pod.uid(),
        pod.namespace(),
        pod.name(),
        pod.serviceAccount(),
        pod.labels(),
        addresses,
        hostNetwork,
        true,
        finished,
        pod.created());
  }
}
