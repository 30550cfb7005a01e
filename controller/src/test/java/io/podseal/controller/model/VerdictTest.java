package io.podseal.controller.model;

import static io.podseal.controller.model.ClusterFixture.identity;
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
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class VerdictTest {
  private static final Selector ORDERS = Selector.label("app", "orders");

  private final ClusterFixture cluster =
      new ClusterFixture()
          .pod("orders-0", "orders", "10.0.0.1")
          .pod("db-0", "db", "10.0.0.9")
          .pod("web-0", "web", "10.0.0.20");

  static Stream<Arguments> invalidSpecs() {
    return Stream.of(
        Arguments.of(null, "spec is missing"),
        Arguments.of(
            new SecurePeeringSpec(null, to(ORDERS), null, null, null), "spec.from is missing"),
        Arguments.of(from(null, to(ORDERS)), "spec.from.podSelector is empty"),
        Arguments.of(from(new Selector(Map.of(), null), to(ORDERS)), "is empty"),
        Arguments.of(from(new Selector(null, List.of()), to(ORDERS)), "is empty"),
        Arguments.of(from(ORDERS, List.of()), "spec.to must have 1 to 64 entries"),
        Arguments.of(from(ORDERS, null), "spec.to must have 1 to 64 entries"),
        Arguments.of(
            from(ORDERS, Collections.nCopies(65, new PeerDestination(ORDERS))),
            "spec.to must have 1 to 64 entries"),
        Arguments.of(from(Selector.label("-bad", "x"), to(ORDERS)), "-bad is not a label key"),
        Arguments.of(from(Selector.label("a/b/c", "x"), to(ORDERS)), "is not a label key"),
        Arguments.of(from(Selector.label("app", "no spaces"), to(ORDERS)), "is not a label value"),
        Arguments.of(
            from(expression("app", "Near", List.of("x")), to(ORDERS)),
            "must be In, NotIn, Exists or DoesNotExist"),
        Arguments.of(from(expression("app", "In", List.of()), to(ORDERS)), "In needs values"),
        Arguments.of(
            from(expression("app", "Exists", List.of("x")), to(ORDERS)), "Exists takes no values"),
        Arguments.of(
            strict("orders", "db", new PortSpec("TCP", 80, 79)), "spec.ports[0].endPort must be"),
        Arguments.of(strict("orders", "db", new PortSpec("TCP", null, 79)), "endPort needs port"),
        Arguments.of(strict("orders", "db", new PortSpec("TCP", 0, null)), "between 1 and 65535"),
        Arguments.of(
            strict("orders", "db", new PortSpec("TCP", 65_536, null)), "between 1 and 65535"),
        Arguments.of(
            strict("orders", "db", new PortSpec("ICMP", 1, null)), "must be TCP, UDP or SCTP"),
        Arguments.of(spec("orders", "db", "Maybe", "default"), "must be Strict or Permissive"));
  }

  @ParameterizedTest
  @MethodSource("invalidSpecs")
  void anInvalidPeeringSaysWhatIsWrongAndChangesNothingElse(
      @Nullable SecurePeeringSpec invalid, String message) {
    cluster.peering("good", "orders", "db");
    var before = cluster.build().graph();

    var record = new PeeringRecord("cr-bad", "shop", "bad", 1, Instant.EPOCH, invalid);
    var snapshot = cluster.snapshot();
    var result =
        GraphBuilder.build(
            new ClusterSnapshot(
                snapshot.pods(),
                snapshot.namespaces(),
                Stream.concat(snapshot.peerings().stream(), Stream.of(record)).toList(),
                snapshot.profiles(),
                snapshot.grants(),
                snapshot.externalPeers(),
                List.of(),
                List.of()),
            ClusterFixture.DOMAIN,
            1000,
            AcceptedPeerings.NONE);

    assertThat(result.graph()).isEqualTo(before);
    var verdict = result.verdicts().getFirst();
    assertThat(verdict.accepted().status()).isEqualTo("False");
    assertThat(verdict.accepted().reason()).isEqualTo("Invalid");
    assertThat(verdict.accepted().message()).contains(message);
    assertThat(verdict.pairs()).isEmpty();
    assertThat(result.verdicts().getLast().accepted().holds()).isTrue();
  }

  @Test
  void anEditThatMakesAPeeringInvalidDoesNotOpenWhatItSealed() {
    cluster.peering("p", "orders", "db", tcp(5432));
    var sealed = cluster.build().graph();

    cluster.peering("p", strict("orders", "db", new PortSpec("TCP", 9, 1)));

    assertThat(cluster.build().graph()).isEqualTo(sealed);
    var accepted = cluster.verdict("p").accepted();
    assertThat(accepted.reason()).isEqualTo("Invalid");
    assertThat(accepted.message()).contains("generation 1 stays in force");

    cluster.peering("p", "orders", "web");
    assertThat(cluster.verdict("p").accepted().holds()).isTrue();
    assertThat(cluster.policy("orders-0").peers()).containsOnlyKeys(identity("web-0"));
  }

  @Test
  void aPeeringThatWasDeletedAndMadeAnewInvalidIsNotInForce() {
    cluster.peering("p", "orders", "db");
    cluster.build();
    var snapshot = cluster.snapshot();
    var anew = new PeeringRecord("cr-other", "shop", "p", 1, Instant.EPOCH, null);
    var result =
        GraphBuilder.build(
            new ClusterSnapshot(
                snapshot.pods(),
                snapshot.namespaces(),
                List.of(anew),
                snapshot.profiles(),
                snapshot.grants(),
                snapshot.externalPeers(),
                List.of(),
                List.of()),
            ClusterFixture.DOMAIN,
            1000,
            cluster.build().accepted());

    assertThat(result.verdicts().getFirst().pairs()).isEmpty();
  }

  @Test
  void anUnknownProfileIsNotGuessed() {
    cluster.peering("p", spec("orders", "db", SecurePeeringSpec.STRICT, "fast"));

    var verdict = cluster.verdict("p");
    assertThat(verdict.accepted().reason()).isEqualTo("ProfileNotFound");
    assertThat(verdict.resolvedRefs().status()).isEqualTo("False");
    assertThat(verdict.resolvedRefs().reason()).isEqualTo("ProfileNotFound");
    assertThat(verdict.resolvedRefs().message()).contains("shop/fast");
    assertThat(cluster.policy("orders-0").peers()).isEmpty();
  }

  @Test
  void deletingAProfileInUseDoesNotOpenWhatItSealed() {
    cluster
        .profile("fast", profile(List.of("aes128gcm16"), null, null, null))
        .peering("p", spec("orders", "db", SecurePeeringSpec.STRICT, "fast"));
    var sealed = cluster.build().graph();

    cluster.deleteProfile("fast");

    assertThat(cluster.build().graph()).isEqualTo(sealed);
    assertThat(cluster.verdict("p").resolvedRefs().reason()).isEqualTo("ProfileNotFound");
  }

  private static CryptoProfileSpec profile(
      @Nullable List<String> encryption,
      @Nullable String child,
      @Nullable String ike,
      @Nullable String liveness) {
    return new CryptoProfileSpec(encryption, child, ike, liveness, null, null, null, null);
  }

  private static CryptoProfileSpec algorithms(
      @Nullable List<String> encryption,
      @Nullable List<String> integrity,
      @Nullable List<String> prf,
      @Nullable List<String> keyExchange,
      @Nullable List<String> additional) {
    return new CryptoProfileSpec(
        encryption, null, null, null, integrity, prf, keyExchange, additional);
  }

  static Stream<Arguments> invalidProfiles() {
    return Stream.of(
        Arguments.of(profile(List.of("rot13"), null, null, null), "encryption"),
        Arguments.of(profile(List.of(), null, null, null), "encryption"),
        Arguments.of(profile(List.of("aes128gcm16", "aes128gcm16"), null, null, null), "each once"),
        Arguments.of(profile(null, "soon", null, null), "childLifetime must be written"),
        Arguments.of(profile(null, "99999999999999999h", null, null), "childLifetime"),
        Arguments.of(profile(null, "999999999999999h", null, null), "childLifetime"),
        Arguments.of(profile(null, "59s", null, null), "childLifetime must be between"),
        Arguments.of(profile(null, "5h", "4h", null), "must not exceed"),
        Arguments.of(profile(null, null, "169h", null), "ikeLifetime"),
        Arguments.of(profile(null, null, null, "0s"), "liveness"),
        Arguments.of(
            algorithms(null, List.of("sha256"), null, null, null), "integrity is for aes256"),
        Arguments.of(algorithms(List.of("aes256"), List.of("md5"), null, null, null), "integrity"),
        Arguments.of(algorithms(null, null, List.of(), null, null), "prf must list"),
        Arguments.of(
            algorithms(null, null, null, List.of("x25519", "x25519"), null), "keyExchange"),
        Arguments.of(
            algorithms(null, null, null, null, List.of("none", "mlkem768")), "stand alone"));
  }

  @ParameterizedTest
  @MethodSource("invalidProfiles")
  void anInvalidProfileIsNamedByThePeeringsThatUseIt(CryptoProfileSpec invalid, String message) {
    cluster
        .profile("odd", invalid)
        .peering("p", spec("orders", "db", SecurePeeringSpec.STRICT, "odd"));

    var verdict = cluster.verdict("p");
    assertThat(verdict.resolvedRefs().reason()).isEqualTo("ProfileInvalid");
    assertThat(verdict.resolvedRefs().message()).contains("shop/odd").contains(message);
  }

  @Test
  void podsOfAnotherNamespaceAreSkippedUntilItPermits() {
    cluster
        .namespace("data")
        .podIn("data", "pg-0", "db", "10.5.0.1")
        .peering("p", toNamespaces("data", "shop"));

    var verdict = cluster.verdict("p");
    assertThat(verdict.accepted().holds()).isTrue();
    assertThat(verdict.resolvedRefs().reason()).isEqualTo("NotPermitted");
    assertThat(verdict.resolvedRefs().message()).contains("data", "from: [{namespace: shop}]");
    assertThat(verdict.pairs()).hasSize(1);
    assertThat(cluster.link("orders-0", "db-0").hasSidecar()).isTrue();
    assertThat(cluster.policy("pg-0").peers()).isEmpty();
  }

  /** What is in a namespace that granted nothing is none of this tenant's business. */
  @Test
  void aPodOfItsNodesNetworkInAnotherNamespaceIsNamedOnlyWithAGrant() {
    cluster
        .namespace("data")
        .podIn("data", "agent-0", "db", "10.5.0.1")
        .change(
            "agent-0",
            pod ->
                new PodRecord(
                    pod.uid(),
                    "data",
                    "agent-0",
                    "default",
                    pod.labels(),
                    pod.addresses(),
                    true,
                    false,
                    false,
                    pod.created()))
        .peering("p", toNamespaces("data", "shop"));

    assertThat(cluster.verdict("p").hostNetworkPods()).isEmpty();
    assertThat(cluster.report("p", Map.of()).conditions().toString()).doesNotContain("agent-0");

    cluster.grant("g", "data", "shop", "db");
    assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("HostNetwork");
    assertThat(ready(cluster.report("p", Map.of())).message()).contains("data/agent-0");
  }

  /** linkerd2#10232, istio#35894: Pod Security refuses the sidecar, and nobody sees why. */
  @Test
  void linkerd10232_aNamespaceWhosePodSecurityRefusesTheSidecarIsNamedWithTheWayOut() {
    cluster
        .namespace(
            "shop",
            Map.of("podseal.io/inject", "true", "pod-security.kubernetes.io/enforce", "baseline"))
        .peering("p", "orders", "db");

    var ready = ready(cluster.report("p", Map.of()));
    assertThat(ready.reason()).isEqualTo("PodSecurityForbids");
    assertThat(ready.message())
        .contains(
            "namespace shop",
            "baseline",
            "kubectl label --overwrite namespace shop"
                + " pod-security.kubernetes.io/enforce=privileged");

    for (var labels :
        List.of(
            Map.of("pod-security.kubernetes.io/enforce", "baseline"),
            Map.of("podseal.io/inject", "true", "pod-security.kubernetes.io/enforce", "privileged"),
            Map.of("podseal.io/inject", "true", "pod-security.kubernetes.io/warn", "baseline"))) {
      cluster.namespace("shop", labels);
      assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("SidecarNotConnected");
    }
  }

  @Test
  void thePodSecurityOfAnotherNamespaceIsToldOnlyWithAGrant() {
    cluster
        .namespace(
            "data",
            Map.of("podseal.io/inject", "true", "pod-security.kubernetes.io/enforce", "restricted"))
        .peering("p", toNamespaces("data", "shop"));
    assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("SidecarNotConnected");

    cluster.grant("g", "data", "shop", "db");
    assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("PodSecurityForbids");
    assertThat(ready(cluster.report("p", Map.of())).message())
        .contains("namespace data", "restricted");
  }

  @Test
  void anEntryForAnotherNamespaceSelectsNothingAtHome() {
    cluster.namespace("data").peering("p", toNamespaces("data"));

    assertThat(cluster.verdict("p").pairs()).isEmpty();
    assertThat(cluster.policy("orders-0").peers()).isEmpty();
  }

  @Test
  void readyNeedsEveryKeyAtBothEnds() {
    cluster.peering("p", "orders", "db");

    var waiting = cluster.report("p", Map.of("orders-0", keys("db-0"), "db-0", keys()));
    assertThat(ready(waiting).reason()).isEqualTo("AwaitingAcknowledgement");
    assertThat(waiting.pairs().summary()).isEqualTo("0/1");

    var done = cluster.report("p", Map.of("orders-0", keys("db-0"), "db-0", keys("orders-0")));
    assertThat(ready(done).holds()).isTrue();
    assertThat(ready(done).reason()).isEqualTo("AllPairsKeyed");
    assertThat(done.pairs().summary()).isEqualTo("1/1");
    assertThat(done.pairs().active()).isZero();
  }

  @Test
  void aLiveAssociationIsCountedButGatesNothing() {
    cluster.peering("p", "orders", "db");

    var report =
        cluster.report(
            "p",
            Map.of(
                "orders-0",
                new SidecarProgress(Set.of("uid-db-0"), Set.of("uid-db-0"), ""),
                "db-0",
                keys("orders-0")));

    assertThat(report.pairs().active()).isEqualTo(1);
  }

  @Test
  void readyNamesWhatIsMissing() {
    cluster.peering("p", "orders", "db");
    assertThat(ready(cluster.report("p", Map.of("db-0", keys()))).reason())
        .isEqualTo("SidecarNotConnected");
    assertThat(ready(cluster.report("p", Map.of("db-0", keys()))).message())
        .contains("shop/orders-0");

    var refused =
        cluster.report(
            "p",
            Map.of(
                "orders-0",
                new SidecarProgress(Set.of(), Set.of(), "nft is not there"),
                "db-0",
                keys()));
    assertThat(ready(refused).reason()).isEqualTo("SidecarRefused");
    assertThat(ready(refused).message()).contains("nft is not there");

    cluster.pod("orders-9", "orders", "10.0.0.1");
    assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("AddressConflict");

    cluster.change(
        "db-0",
        pod ->
            new PodRecord(
                pod.uid(),
                "shop",
                "db-0",
                "default",
                pod.labels(),
                pod.addresses(),
                false,
                false,
                false,
                pod.created()));
    assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("SidecarMissing");

    cluster.change(
        "db-0",
        pod ->
            new PodRecord(
                pod.uid(),
                "shop",
                "db-0",
                "default",
                pod.labels(),
                pod.addresses(),
                true,
                true,
                false,
                pod.created()));
    assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("HostNetwork");

    cluster.deletePod("db-0");
    assertThat(ready(cluster.report("p", Map.of())).reason()).isEqualTo("NoPods");
  }

  private static ConditionState ready(StatusEvaluator.Report report) {
    assertThat(report.conditions())
        .extracting(ConditionState::type)
        .containsExactly("Accepted", "ResolvedRefs", "Ready");
    return report.conditions().getLast();
  }

  private static SidecarProgress keys(String... peers) {
    return new SidecarProgress(
        Set.copyOf(Stream.of(peers).map(peer -> "uid-" + peer).toList()), Set.of(), "");
  }

  private static SecurePeeringSpec from(
      @Nullable Selector selector, @Nullable List<PeerDestination> to) {
    return new SecurePeeringSpec(new PeerSource(selector), to, null, null, null);
  }

  private static List<PeerDestination> to(Selector selector) {
    return List.of(new PeerDestination(selector));
  }

  private static Selector expression(String key, String operator, List<String> values) {
    return new Selector(null, List.of(new Requirement(key, operator, values)));
  }

  private static SecurePeeringSpec toNamespaces(String... names) {
    return new SecurePeeringSpec(
        new PeerSource(ORDERS),
        List.of(
            new PeerDestination(
                Selector.label("app", "db"),
                expression("kubernetes.io/metadata.name", "In", List.of(names)))),
        null,
        null,
        null);
  }
}
