package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.podseal.controller.apiserver.MockApiServer;
import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.inject.SidecarTemplate;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.crds.v1alpha1.CryptoProfile;
import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import io.podseal.crds.v1alpha1.PortSpec;
import io.podseal.crds.v1alpha1.SecurePeering;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.awaitility.Awaitility;

/** A controller, its API server, and pods of the namespace {@code shop} with real clients. */
final class ControllerFixture implements AutoCloseable {
  static final String NAMESPACE = "podseal-system";
  static final String SERVER_NAME = "podseal-controller.podseal-system.svc";

  static final SidecarTemplate SIDECAR =
      SidecarTemplate.of(SERVER_NAME + ":9443", "podseal/sidecar:1", "Never", "info", "{}");

  final MockApiServer api = MockApiServer.start();
  final Shop shop = new Shop(api);
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final TestClock clock;
  private final ControlLimits limits;
  private final PodAuthenticator.Limits admissions;
  Controller controller;
  private final Deque<TestSidecar> sidecars = new ArrayDeque<>();

  ControllerFixture() {
    this(ControlLimits.DEFAULT);
  }

  ControllerFixture(ControlLimits limits) {
    this(limits, Instant.now());
  }

  /** At another time than the world's; TLS and tokens live in the world's. */
  ControllerFixture(ControlLimits limits, Instant time) {
    this(limits, PodAuthenticator.Limits.DEFAULT, time);
  }

  ControllerFixture(ControlLimits limits, PodAuthenticator.Limits admissions, Instant time) {
    this.limits = limits;
    this.admissions = admissions;
    clock = new TestClock(time);
    controller = controller();
    controller.start();
    awaitReady();
  }

  private Controller controller() {
    return new Controller(
        api.client(),
        new ControllerOptions(
            NAMESPACE,
            "cluster.local",
            new ControllerOptions.Replica("replica-0", ""),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            SERVER_NAME,
            1_000,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            SIDECAR,
            new ControllerOptions.Pace(
                Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(10), Duration.ZERO),
            limits,
            admissions),
        new ControllerMetrics(registry, clock),
        clock);
  }

  /** Stops the controller and starts another on the same API server. */
  void restart() {
    controller.close();
    controller = controller();
    controller.start();
    awaitReady();
  }

  private void awaitReady() {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(controller::ready);
  }

  void namespace(String name, Map<String, String> labels) {
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build())
        .create();
  }

  /** Creates a running pod with a sidecar. */
  Pod pod(String name, String app, String address) {
    return pod(name, app, address, true);
  }

  Pod pod(String name, String app, String address, boolean injected) {
    return shop.pod(name, app, address, injected);
  }

  void delete(Pod pod) {
    api.client().resource(pod).delete();
  }

  void label(Pod pod, String app) {
    api.client()
        .pods()
        .inNamespace("shop")
        .withName(pod.getMetadata().getName())
        .edit(before ->
            new PodBuilder(before).editMetadata().addToLabels("app", app).endMetadata().build());
  }

  void phase(Pod pod, String phase) {
    api.client()
        .pods()
        .inNamespace("shop")
        .withName(pod.getMetadata().getName())
        .edit(before -> new PodBuilder(before).editStatus().withPhase(phase).endStatus().build());
  }

  String token(Pod pod) {
    return token(pod, "podseal", Duration.ofMinutes(10));
  }

  String token(Pod pod, String audience, Duration life) {
    return shop.token(pod, audience, life);
  }

  static String identity(Pod pod) {
    return pod.getMetadata().getUid() + ".shop.pods.cluster.local";
  }

  TestSidecar sidecar(Pod pod) {
    return connect(token(pod));
  }

  TestSidecar connect(String token) {
    return register(
        TestSidecar.connect(controller.controlPort(), rootCertificate(), SERVER_NAME, token));
  }

  /** Connects trusting these roots. */
  TestSidecar connect(String token, String roots) {
    return register(TestSidecar.connect(controller.controlPort(), roots, SERVER_NAME, token));
  }

  /** Whoever calls from {@code source}, with whatever token. */
  TestSidecar connectFrom(String source, String token) {
    return register(
        TestSidecar.silent(
            controller.controlPort(), rootCertificate(), SERVER_NAME, token, source));
  }

  TestSidecar silent(String token) {
    return register(
        TestSidecar.silent(controller.controlPort(), rootCertificate(), SERVER_NAME, token));
  }

  private TestSidecar register(TestSidecar sidecar) {
    sidecars.push(sidecar);
    return sidecar;
  }

  String rootCertificate() {
    return root("ca.crt");
  }

  /** An entry of the authority's Secret; empty if it is not there. */
  String root(String entry) {
    return shop.root(entry);
  }

  /** What pods of a namespace trust; empty if there is nothing. */
  String bundle(String namespace) {
    var map = api.client().configMaps().inNamespace(namespace).withName("podseal-ca").get();
    return map == null ? "" : map.getData().getOrDefault("ca.crt", "");
  }

  void profile(String name, CryptoProfileSpec spec) {
    var profile = new CryptoProfile();
    profile.setMetadata(new ObjectMetaBuilder().withNamespace("shop").withName(name).build());
    profile.setSpec(spec);
    api.client().resource(profile).create();
  }

  /** A Strict peering of {@code app=from} to {@code app=to} of {@code shop}. */
  SecurePeering peering(String name, String from, String to, PortSpec... ports) {
    return shop.peering(name, from, to, ports);
  }

  /** The condition of a peering as {@code status/reason}, or {@code -}. */
  String condition(String peering, String type) {
    var status =
        api.client()
            .resources(SecurePeering.class)
            .inNamespace("shop")
            .withName(peering)
            .get()
            .getStatus();
    var conditions = status == null ? null : status.conditions();
    return conditions == null
        ? "-"
        : conditions.stream()
            .filter(condition -> condition.getType().equals(type))
            .findFirst()
            .map(condition -> condition.getStatus() + "/" + condition.getReason())
            .orElse("-");
  }

  /** The first value of a metric with these tags; 0 if there is none. */
  double metric(String name, String... tags) {
    return registry.find(name).tags(tags).meters().stream()
        .map(Meter::measure)
        .mapToDouble(values -> values.iterator().next().getValue())
        .sum();
  }

  @Override
  public void close() {
    sidecars.forEach(TestSidecar::close);
    controller.close();
    api.close();
    registry.close();
    sidecars.forEach(sidecar -> assertThat(sidecar.violations()).isEmpty());
  }
}
