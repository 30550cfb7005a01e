package io.podseal.e2e.ring;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.podseal.e2e.capture.Ledger;
import io.podseal.e2e.capture.Sniffer;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The one cluster that all tests of this ring share: Podseal is installed in it on first use, and
 * again after a test that uninstalled it. Each test has a namespace of its own. Confined to one
 * thread.
 */
final class Ring {
  static final String SYSTEM = "podseal-system";

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String BRIDGE = "cni0";
  private static final int ESP_KEPT_PER_SECOND = 50;
  private static @Nullable Ring only;

  private final KubernetesClient client = new KubernetesClientBuilder().build();
  private final Path folder;
  private @Nullable Sniffer sniffer;
  private boolean installed;
  private int namespaces;

  private Ring(Path folder) {
    this.folder = folder;
  }

  /** Returns the cluster with Podseal installed and both replicas ready. */
  static synchronized Ring ready() {
    if (only == null) {
      only = new Ring(folder());
    }
    only.install();
    return only;
  }

  private static Path folder() {
    try {
      return Files.createDirectories(Path.of("target", "ring"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  KubernetesClient client() {
    return client;
  }

  /** Installs the chart with {@code settings} unless it is installed; waits until it works. */
  void install(String... settings) {
    if (installed) {
      return;
    }
    var line =
        new ArrayList<>(
            List.of(
                "helm",
                "upgrade",
                "--install",
                "podseal",
                Path.of("..", "helm").toString(),
                "--wait"));
    line.addAll(List.of("--namespace", SYSTEM, "--create-namespace", "--timeout", "120s"));
    for (String setting : settings) {
      line.addAll(List.of("--set", setting));
    }
    Timings.time(
        "helm install --wait, two replicas", () -> run(Duration.ofSeconds(130), line).must());
    installed = true;
  }

  /** Upgrades the release to the same chart, with the settings of its installation. */
  Command.Result upgrade() {
    return run(
        Duration.ofSeconds(130),
        List.of(
            "helm",
            "upgrade",
            "podseal",
            Path.of("..", "helm").toString(),
            "--namespace",
            SYSTEM,
            "--wait",
            "--timeout",
            "120s"));
  }

  /** Uninstalls the chart; the next {@link #ready} installs it again. */
  Command.Result uninstall() {
    installed = false;
    return run(
        Duration.ofSeconds(130),
        List.of("helm", "uninstall", "podseal", "--namespace", SYSTEM, "--wait"));
  }

  /** Makes a namespace that opted in, and returns its name. */
  String namespace(String what) {
    return namespace(what, "podseal.io/inject: \"true\"");
  }

  /** Makes a namespace with {@code label}, and returns its name. */
  String namespace(String what, String label) {
    String name = what + "-" + ++namespaces;
    apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: %s
          labels: {%s}
        """
            .formatted(name, label));
    return name;
  }

  /**
   * Makes a namespace in which a pod of orders and one of postgres are sealed, watched from the
   * start, and returns its name.
   */
  String sealedPair(String what) {
    var name = namespace(what);
    sniffer();
    apply(Workloads.peering(name, "orders", "postgres"));
    apply(Workloads.deployment(name, "orders", 1));
    apply(Workloads.deployment(name, "postgres", 1));
    pods(name, "orders", 1);
    pods(name, "postgres", 1);
    awaitCondition(name, "orders-to-postgres", "Ready", "True");
    return name;
  }

  /** Deletes {@code namespace} without waiting for it. */
  void drop(String namespace) {
    kubectl("delete", "namespace", namespace, "--wait=false", "--grace-period=1");
  }

  /** Applies {@code yaml}; a refusal is an error. */
  void apply(String yaml) {
    tryApply(yaml).must();
  }

  Command.Result tryApply(String yaml) {
    return Command.of("kubectl", "apply", "-f", "-").run(yaml);
  }

  Command.Result kubectl(String... arguments) {
    return kubectl(Duration.ofSeconds(60), arguments);
  }

  Command.Result kubectl(Duration limit, String... arguments) {
    var line = new ArrayList<String>();
    line.add("kubectl");
    line.addAll(Arrays.asList(arguments));
    return run(limit, line);
  }

  /** Runs {@code podsealctl} of this checkout. */
  Command.Result podsealctl(String... arguments) {
    var line = new ArrayList<String>();
    line.addAll(List.of("../dev", "podsealctl"));
    line.addAll(Arrays.asList(arguments));
    return run(Duration.ofSeconds(60), line);
  }

  /** Runs a program in the container {@code app} of a pod. */
  Command.Result exec(Pod pod, String... program) {
    return execIn(pod, "app", program);
  }

  /** Runs a program in a container of a pod. */
  Command.Result execIn(Pod pod, String container, String... program) {
    return run(Duration.ofSeconds(60), execution(pod, container, program));
  }

  /** Starts a program in the container {@code app} of a pod, with its outputs in a new log. */
  Background start(String log, Pod pod, String... program) {
    return Background.start(log, execution(pod, "app", program), Map.of(), keep(log, ""));
  }

  private static List<String> execution(Pod pod, String container, String... program) {
    var name = pod.getMetadata().getName();
    var line =
        new ArrayList<>(
            List.of("kubectl", "exec", "-n", namespaceOf(pod), name, "-c", container, "--"));
    line.addAll(Arrays.asList(program));
    return line;
  }

  /** What a container logged. */
  String logs(Pod pod, String container) {
    return kubectl("logs", "-n", namespaceOf(pod), pod.getMetadata().getName(), "-c", container)
        .must();
  }

  /** Follows what a container logs, to its end. */
  Background follow(Pod pod, String container) {
    var name = pod.getMetadata().getName();
    return Background.start(
        "logs of " + name,
        List.of("kubectl", "logs", "-f", "-n", namespaceOf(pod), name, "-c", container),
        Map.of(),
        keep("followed.log", ""));
  }

  /**
   * Waits until exactly {@code count} pods with label {@code app} exist, all Ready; oldest first.
   */
  List<Pod> pods(String namespace, String app, int count) {
    Awaitility.await(count + " ready pods " + app + " in " + namespace)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> {
          var pods = pods(namespace, app);
          return pods.size() == count && pods.stream().allMatch(Readiness.getInstance()::isReady);
        });
    return pods(namespace, app);
  }

  Pod pod(String namespace, String app) {
    return pods(namespace, app, 1).getFirst();
  }

  /** Pods that are not being deleted. */
  List<Pod> pods(String namespace, String app) {
    return client.pods().inNamespace(namespace).withLabel("app", app).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .sorted(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
        .toList();
  }

  /** Waits until {@code pod} is no longer in the API: its address is free then. */
  void awaitGone(Pod pod) {
    client
        .resource(pod)
        .waitUntilCondition(Objects::isNull, PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Waits until the peering's condition {@code type} is as {@code expected}. */
  void awaitCondition(String namespace, String peering, String type, String expected) {
    kubectl(
            Duration.ofSeconds(100),
            "wait",
            "-n",
            namespace,
            "securepeering/" + peering,
            "--for=condition=" + type + "=" + expected,
            "--timeout=90s")
        .must();
  }

  /** Controller pods that are Ready; the leader is the holder of the Lease. */
  List<Pod> controllers() {
    return client
        .pods()
        .inNamespace(SYSTEM)
        .withLabel("app.kubernetes.io/name", "podseal-controller")
        .list()
        .getItems()
        .stream()
        .filter(Readiness.getInstance()::isReady)
        .toList();
  }

  /** The metrics page of a controller, from the node. */
  String metrics(Pod controller) {
    var url = "http://" + controller.getStatus().getPodIP() + ":8080/q/metrics";
    return Command.of("curl", "-sS", "--max-time", "10", url).must();
  }

  Optional<String> leader() {
    return Optional.ofNullable(
            client.leases().inNamespace(SYSTEM).withName("podseal-controller").get())
        .map(lease -> lease.getSpec().getHolderIdentity())
        .filter(Predicate.not(String::isEmpty));
  }

  /** What the bridge of the node carried between two pods, in either direction. */
  Ledger.Summary between(Pod a, Pod b) {
    return sniffer().between(address(a), address(b));
  }

  /** Starts to watch the bridge; what was sent before is not seen. */
  Sniffer sniffer() {
    if (sniffer == null) {
      sniffer = Sniffer.start(BRIDGE, folder.resolve("wire.pcap"), ESP_KEPT_PER_SECOND);
    }
    return sniffer;
  }

  Path keep(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String namespaceOf(Pod pod) {
    return pod.getMetadata().getNamespace();
  }

  static InetAddress address(Pod pod) {
    try {
      return InetAddress.ofLiteral(pod.getStatus().getPodIP());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(pod.getMetadata().getName() + " has no address", e);
    }
  }

  private static Command.Result run(Duration limit, List<String> line) {
    return new Command(line, limit).run();
  }
}
