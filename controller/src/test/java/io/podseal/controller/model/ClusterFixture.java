package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import io.podseal.crds.v1alpha1.GrantSource;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.PeeringGrantSpec;
import io.podseal.crds.v1alpha1.PortSpec;
import io.podseal.crds.v1alpha1.ProfileReference;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Tells the story of a cluster: pods, peerings and profiles of the namespace {@code shop}. */
final class ClusterFixture {
  static final String DOMAIN = "cluster.local";

  private final List<ServiceRecord> services = new ArrayList<>();
  private final List<EndpointSliceRecord> slices = new ArrayList<>();
  private final Map<String, PodRecord> pods = new LinkedHashMap<>();
  private final Map<String, NamespaceRecord> namespaces = new LinkedHashMap<>();
  private final Map<String, PeeringRecord> peerings = new LinkedHashMap<>();
  private final List<ProfileRecord> profiles = new ArrayList<>();
  private final Map<String, GrantRecord> grants = new LinkedHashMap<>();
  private int maxPeers = 1000;
  private int made;
  private AcceptedPeerings accepted = AcceptedPeerings.NONE;

  ClusterFixture() {
    namespace("shop");
  }

  ClusterFixture namespace(String name) {
    return namespace(name, Map.of());
  }

  ClusterFixture namespace(String name, Map<String, String> labels) {
    namespaces.put(name, new NamespaceRecord(name, labels));
    return this;
  }

  /** An injected pod of {@code shop} with the label {@code app}; its UID is {@code uid-<name>}. */
  ClusterFixture pod(String name, String app, String... addresses) {
    return podIn("shop", name, app, addresses);
  }

  ClusterFixture podIn(String namespace, String name, String app, String... addresses) {
    pods.put(
        name,
        new PodRecord(
            "uid-" + name,
            namespace,
            name,
            "default",
            Map.of("app", app),
            List.of(addresses),
            false,
            true,
            false,
            Instant.ofEpochSecond(2_000 + made++)));
    return this;
  }

  ClusterFixture change(String pod, UnaryOperator<PodRecord> change) {
    pods.computeIfPresent(pod, (name, record) -> change.apply(record));
    return this;
  }

  ClusterFixture deletePod(String name) {
    pods.remove(name);
    return this;
  }

  ClusterFixture deletePeering(String name) {
    peerings.remove(name);
    return this;
  }

  ClusterFixture maxPeers(int most) {
    maxPeers = most;
    return this;
  }

  ClusterFixture profile(String name, CryptoProfileSpec spec) {
    profiles.removeIf(profile -> profile.subject().name().equals(name));
    profiles.add(
        new ProfileRecord(
            new Subject(Subject.Kind.CRYPTO_PROFILE, "prof-" + name, "shop", name, 1), spec));
    return this;
  }

  ClusterFixture deleteProfile(String name) {
    profiles.removeIf(profile -> profile.subject().name().equals(name));
    return this;
  }

  /** In {@code namespace}, permits peerings of {@code from} to pair with {@code app}. */
  ClusterFixture grant(String name, String namespace, String from, String app) {
    grants.put(
        name,
        new GrantRecord(
            new Subject(Subject.Kind.PEERING_GRANT, "grant-" + name, namespace, name, 1),
            new PeeringGrantSpec(
                List.of(new GrantSource(from)), new PeerSource(Selector.label("app", app)))));
    return this;
  }

  ClusterFixture withdraw(String grant) {
    grants.remove(grant);
    return this;
  }

  /** A Strict peering of {@code app=from} to {@code app=to}; later ones are younger. */
  ClusterFixture peering(String name, String from, String to, PortSpec... ports) {
    return peering(name, strict(from, to, ports));
  }

  ClusterFixture peering(String name, SecurePeeringSpec spec) {
    var before = peerings.get(name);
    peerings.put(
        name,
        before == null
            ? new PeeringRecord(
                "cr-" + name, "shop", name, 1, Instant.ofEpochSecond(1_000 + peerings.size()), spec)
            : new PeeringRecord(
                before.uid(), "shop", name, before.generation() + 1, before.created(), spec));
    return this;
  }

  static SecurePeeringSpec strict(String from, String to, PortSpec... ports) {
    return spec(from, to, SecurePeeringSpec.STRICT, "default", ports);
  }

  static SecurePeeringSpec permissive(String from, String to, PortSpec... ports) {
    return spec(from, to, SecurePeeringSpec.PERMISSIVE, "default", ports);
  }

  static SecurePeeringSpec spec(
      String from, String to, String mode, String profile, PortSpec... ports) {
    return new SecurePeeringSpec(
        new PeerSource(Selector.label("app", from)),
        List.of(new PeerDestination(Selector.label("app", to))),
        Arrays.asList(ports),
        mode,
        new ProfileReference(profile));
  }

  static PortSpec tcp(int port) {
    return new PortSpec("TCP", port, null);
  }

  /** A Service of namespace {@code shop} with port 80, or UDP 53, and an EndpointSlice. */
  ClusterFixture service(String name, EndpointSliceRecord.Endpoint... endpoints) {
    services.add(
        new ServiceRecord(
            "shop",
            name,
            List.of("10.96.0." + (services.size() + 1)),
            false,
            List.of(new ServiceRecord.Port("web", 6, 80), new ServiceRecord.Port("dns", 17, 53))));
    slices.add(
        new EndpointSliceRecord(
            "shop",
            name + "-1",
            name,
            List.of(
                new ServiceRecord.Port("web", 6, 8080), new ServiceRecord.Port("dns", 17, 5353)),
            List.of(endpoints)));
    return this;
  }

  ClusterSnapshot snapshot() {
    return new ClusterSnapshot(
        pods.values(),
        namespaces.values(),
        peerings.values(),
        profiles,
        grants.values(),
        List.of(),
        services,
        slices);
  }

  /** All controllers end; the next one knows the statuses that {@link #verdict} led to. */
  ClusterFixture restartControllers() {
    var last = GraphBuilder.build(snapshot(), DOMAIN, maxPeers, accepted);
    accepted =
        AcceptedPeerings.remembered(
            last.verdicts().stream()
                .filter(verdict -> !verdict.pairs().isEmpty())
                .map(verdict -> verdict.peering().uid())
                .collect(Collectors.toSet()));
    return this;
  }

  /** One pass; what it accepted is remembered for the next. */
  ModelResult build() {
    var result = GraphBuilder.build(snapshot(), DOMAIN, maxPeers, accepted);
    accepted = result.accepted();
    return result;
  }

  /** As after a restart of the controller, and with everything in another order. */
  ModelResult buildShuffled(long seed) {
    var random = new Random(seed);
    var shuffledPods = new ArrayList<>(pods.values());
    var shuffledPeerings = new ArrayList<>(peerings.values());
    Collections.shuffle(shuffledPods, random);
    Collections.shuffle(shuffledPeerings, random);
    return GraphBuilder.build(
        new ClusterSnapshot(
            shuffledPods,
            namespaces.values(),
            shuffledPeerings,
            profiles,
            grants.values(),
            List.of(),
            services,
            slices),
        DOMAIN,
        maxPeers,
        AcceptedPeerings.NONE);
  }

  PodPolicy policy(String pod) {
    return build().graph().policy("uid-" + pod).orElseThrow();
  }

  /** What {@code pod} is told about {@code peer}. */
  PeerLink link(String pod, String peer) {
    var link = policy(pod).peers().get(identity(peer));
    if (link == null) {
      throw new AssertionError(pod + " has no link to " + peer);
    }
    return link;
  }

  Verdict verdict(String peering) {
    return build().verdicts().stream()
        .filter(verdict -> verdict.peering().name().equals(peering))
        .findFirst()
        .orElseThrow();
  }

  StatusEvaluator.Report report(String peering, Map<String, SidecarProgress> progress) {
    var byUid = new HashMap<String, SidecarProgress>();
    progress.forEach((pod, state) -> byUid.put("uid-" + pod, state));
    return new StatusEvaluator(byUid).evaluate(verdict(peering));
  }

  static String identity(String pod) {
    return PodRecord.identity("uid-" + pod, "shop", DOMAIN);
  }
}
