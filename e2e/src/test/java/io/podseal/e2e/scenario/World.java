package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.capture.Ledger;
import io.podseal.e2e.capture.Sniffer;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.Cluster;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.NatRouter;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.lab.ReversePathFilter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * One lab with one controller for all tests of a class, and a sniffer on its bridge.
 *
 * <p>Every test makes pods of its own, in a Kubernetes namespace of its own, so that no test sees
 * another's. Logs stay under {@code target/e2e/CLASS}.
 */
final class World implements AutoCloseable {
  static final int WEB_PORT = 5432;
  static final String PAGE = "the ledger of all orders, in plain words";

  private final Path folder;
  private final Lab lab;
  private final Cluster cluster;
  private final Sniffer sniffer;
  private final Resources owned = new Resources();
  private final Resources programs = new Resources();
  private int hosts = 10;
  private int namespaces;

  World(Class<?> test) {
    folder = Path.of("target/e2e", test.getSimpleName()).toAbsolutePath();
    lab = own(Lab.open());
    cluster = own(Cluster.start(lab, folder));
    sniffer = own(Sniffer.start(lab.bridge(), capture(), 2000));
  }

  Lab lab() {
    return lab;
  }

  Cluster cluster() {
    return cluster;
  }

  Sniffer sniffer() {
    return sniffer;
  }

  Path capture() {
    return folder.resolve("wire.pcap");
  }

  Path folder() {
    return folder;
  }

  /** Makes a Kubernetes namespace that no other test uses. */
  String namespace() {
    String name = "shop-" + ++namespaces;
    cluster.namespace(name);
    return name;
  }

  /** Makes an injected pod with a label {@code app}; its sidecar is not started. */
  ClusterPod pod(String namespace, String app) {
    return pod(namespace, app, ReversePathFilter.STRICT);
  }

  ClusterPod pod(String namespace, String app, ReversePathFilter filter) {
    int host = ++hosts;
    return cluster.pod(namespace, lab.pod(app + host, host, filter), Map.of("app", app), true);
  }

  /** Makes an injected pod with a /32 address behind the gateway. */
  ClusterPod podBehindGateway(String namespace, String app, ReversePathFilter filter) {
    int host = ++hosts;
    return cluster.pod(
        namespace, lab.podBehindGateway(app + host, host, filter), Map.of("app", app), true);
  }

  /** Makes a router that hides the addresses of the pods behind it. */
  NatRouter nat() {
    return owned.add(lab.nat("nat" + ++hosts, hosts));
  }

  /** Makes an injected pod behind {@code nat}. */
  ClusterPod podBehind(NatRouter nat, String namespace, String app) {
    int host = ++hosts;
    return cluster.pod(
        namespace, nat.pod(app + host, ReversePathFilter.STRICT), Map.of("app", app), true);
  }

  /** Makes an injected pod with the address of {@code gone}, whose network namespace ends. */
  ClusterPod inPlaceOf(ClusterPod gone, String namespace, String app) {
    lab.remove(gone.net());
    int host = gone.net().address().getAddress()[3];
    return cluster.pod(
        namespace,
        lab.pod(app + host + "b", host, ReversePathFilter.STRICT),
        Map.of("app", app),
        true);
  }

  /** Makes a pod without a sidecar. */
  ClusterPod bare(String namespace, String app) {
    int host = ++hosts;
    return cluster.pod(
        namespace, lab.pod(app + host, host, ReversePathFilter.STRICT), Map.of("app", app), false);
  }

  /**
   * Declares a peering from pods with {@code app: from} to pods with {@code app: to}, every port.
   */
  void peering(String namespace, String from, String to, String mode) {
    cluster.apply(
        """
        apiVersion: podseal.io/v1alpha1
        kind: SecurePeering
        metadata: {name: %2$s-to-%3$s, namespace: %1$s}
        spec:
          from: {podSelector: {matchLabels: {app: %2$s}}}
          to: [{podSelector: {matchLabels: {app: %3$s}}}]
          mode: %4$s
        """
            .formatted(namespace, from, to, mode));
  }

  /** The same with algorithms of its own, {@code spec} of a CryptoProfile. */
  void peeringWithProfile(String namespace, String from, String to, String spec) {
    cluster.apply(
        """
        apiVersion: podseal.io/v1alpha1
        kind: CryptoProfile
        metadata: {name: %2$s, namespace: %1$s}
        spec: %4$s
        ---
        apiVersion: podseal.io/v1alpha1
        kind: SecurePeering
        metadata: {name: %2$s-to-%3$s, namespace: %1$s}
        spec:
          from: {podSelector: {matchLabels: {app: %2$s}}}
          to: [{podSelector: {matchLabels: {app: %3$s}}}]
          mode: Strict
          profileRef: {name: %2$s}
        """
            .formatted(namespace, from, to, spec));
  }

  /** Leaves a web server and an iperf3 server running in {@code pod}. */
  void serve(ClusterPod pod) {
    try {
      Path site = Files.createDirectories(folder.resolve("site"));
      Files.writeString(site.resolve("index.html"), PAGE + "\n");
      start(
          pod,
          "web",
          java(),
          "-XX:-UsePerfData",
          "-m",
          "jdk.httpserver",
          "-b",
          pod.net().ip(),
          "-p",
          Integer.toString(WEB_PORT),
          "-d",
          site.toString());
      start(pod, "iperf3", "iperf3", "-s");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Awaitility.await("servers of " + pod.name())
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            curl(pod, pod, 1).ok()
                && pod.net().run("ss", "-Hltn", "sport = :5201").out().contains("LISTEN"));
  }

  /** Leaves a program running in {@code pod} until {@link #quiet}. */
  Background start(ClusterPod pod, String name, String... line) {
    return programs.add(
        pod.net().start(name, Map.of(), folder.resolve(name + "-" + pod.name() + ".log"), line));
  }

  /** Fetches the page that {@link #serve} serves. */
  static Command.Result curl(ClusterPod from, ClusterPod to, int seconds) {
    return from.net()
        .run(
            "curl",
            "-sS",
            "--max-time",
            Integer.toString(seconds),
            "http://" + to.net().ip() + ":" + WEB_PORT + "/");
  }

  static Command.Result ping(ClusterPod from, ClusterPod to, String... options) {
    String[] line = new String[options.length + 3];
    line[0] = "ping";
    line[1] = "-n";
    System.arraycopy(options, 0, line, 2, options.length);
    line[line.length - 1] = to.net().ip();
    return from.net().run(line);
  }

  static void assertPing(ClusterPod from, ClusterPod to) {
    assertThat(ping(from, to, "-c", "2", "-i", "0.2", "-W", "5"))
        .as("ping from %s to %s", from.name(), to.name())
        .matches(Command.Result::ok);
  }

  /** Pings until an answer comes: the first handshake of two cold processes may take its time. */
  static void awaitPing(ClusterPod from, ClusterPod to) {
    Awaitility.await("ping from " + from.name() + " to " + to.name())
        .atMost(Duration.ofSeconds(15))
        .until(() -> ping(from, to, "-c", "1", "-W", "2").ok());
  }

  static void assertPage(ClusterPod from, ClusterPod to) {
    assertThat(curl(from, to, 10).out())
        .as("page from %s for %s", to.name(), from.name())
        .contains(PAGE);
  }

  Ledger.Summary between(ClusterPod a, ClusterPod b) {
    return sniffer.between(a.net().address(), b.net().address());
  }

  /** Asserts that the pair talked, and never in clear. */
  void assertSealed(ClusterPod a, ClusterPod b) {
    Ledger.Summary seen = between(a, b);
    assertThat(seen.count(WireKind.ESP)).as("ESP packets").isPositive();
    assertNothingClear(a, b);
    assertThat(seen.count(WireKind.UNKNOWN_SEALED)).isZero();
    assertThat(seen.sequenceRepeats()).as("repeated ESP sequence numbers").isZero();
  }

  void assertNothingClear(ClusterPod a, ClusterPod b) {
    Ledger.Summary seen = between(a, b);
    assertThat(seen.clear()).as("clear packets between %s and %s", a.name(), b.name()).isEmpty();
    assertThat(sniffer.drops().others()).as("packets the sniffer missed").isZero();
  }

  /** Ends all sidecars and programs of a test, so that those of the next one have the machine. */
  void quiet() {
    programs.close();
    cluster.stopSidecars();
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private <T extends AutoCloseable> T own(T resource) {
    return owned.add(resource);
  }

  @Override
  public void close() {
    programs.close();
    owned.close();
  }
}
