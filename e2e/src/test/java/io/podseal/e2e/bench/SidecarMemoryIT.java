package io.podseal.e2e.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podseal.e2e.cluster.Cluster;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.lab.ReversePathFilter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What one sidecar weighs with many peers, each a real sidecar in a network namespace. */
@Tag("bench")
class SidecarMemoryIT {
  private static final String NAMESPACE = "shop";
  private static final int LIVE = MemoryReport.most("PODSEAL_BENCH_PEERS", 100);
  private static final int DECLARED = 1_000;

  private final Resources owned = new Resources();
  private final Path folder = Path.of("target", "bench", "sidecar").toAbsolutePath();
  private final Lab lab = owned.add(Lab.open());
  private final Cluster cluster = owned.add(Cluster.start(lab, folder));
  private final List<ClusterPod> spokes = new ArrayList<>();
  private final MemoryReport report =
      new MemoryReport(
          "Sidecar",
          """
          One sidecar of the image's JVM flags, and up to %d peers that are sidecars of their own, each in a network
          namespace with an IKE SA and a Child SA; peers beyond are pods that are declared and never answer.
          """
              .formatted(LIVE));

  @AfterEach
  void stop() {
    owned.close();
  }

  @Test
  void idleWithPeersWithTrafficAndWithAThousandDeclared() {
    cluster.namespace(NAMESPACE);
    cluster.apply(
        """
        apiVersion: podseal.io/v1alpha1
        kind: SecurePeering
        metadata: {name: spokes-to-hub, namespace: shop}
        spec:
          from: {podSelector: {matchLabels: {app: spoke}}}
          to: [{podSelector: {matchLabels: {app: hub}}}]
        """);
    var hub = cluster.pod(NAMESPACE, net("hub", 10), Map.of("app", "hub"), true);
    var sidecar = hub.startSidecar().awaitReady();
    row("no peer", sidecar);
    for (int peers : IntStream.of(1, 10, 50, LIVE).filter(n -> n <= LIVE).distinct().toArray()) {
      grow(peers, hub, sidecar);
      row(peers + " peers with live SAs", sidecar);
    }
    transfer(hub);
    row("after 2 GB each way with one of them", sidecar);
    for (int i = LIVE; i < DECLARED; i++) {
      declare(i);
    }
    awaitPeers(sidecar, DECLARED);
    row(DECLARED + " declared peers, " + LIVE + " of them with live SAs", sidecar);
    report.write();
  }

  private void grow(int peers, ClusterPod hub, Sidecar sidecar) {
    var begun = new ArrayList<Sidecar>();
    while (spokes.size() < peers) {
      int number = spokes.size();
      var spoke =
          cluster.pod(NAMESPACE, net("spoke" + number, 11 + number), Map.of("app", "spoke"), true);
      spokes.add(spoke);
      begun.add(spoke.startSidecar());
    }
    begun.forEach(Sidecar::awaitReady);
    awaitPeers(sidecar, peers);
    for (var spoke : spokes) {
      Awaitility.await("an answer to " + spoke.name())
          .atMost(Duration.ofSeconds(60))
          .until(() -> spoke.net().run("ping", "-n", "-c", "1", "-W", "2", hub.net().ip()).ok());
    }
    Awaitility.await("live SAs")
        .atMost(Duration.ofSeconds(30))
        .until(() -> live(sidecar.status()) >= peers);
  }

  private void transfer(ClusterPod hub) {
    owned.add(hub.net().start("iperf3", Map.of(), folder.resolve("iperf3.log"), "iperf3", "-s"));
    Awaitility.await("iperf3")
        .until(() -> hub.net().run("ss", "-Hltn", "sport = :5201").out().contains("LISTEN"));
    for (var direction : List.of("--no-delay", "--reverse")) {
      spokes
          .getFirst()
          .net()
          .command("iperf3", "-c", hub.net().ip(), "-n", "2G", direction)
          .within(Duration.ofMinutes(2))
          .must();
    }
  }

  /** A pod that nobody runs: an address without a machine behind it. */
  private void declare(int number) {
    var address = "10.78." + number / 250 + "." + (1 + number % 250);
    cluster
        .api()
        .run(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName("silent-" + number)
                .withLabels(Map.of("app", "spoke"))
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("default")
                .addNewInitContainer()
                .withName("podseal")
                .withImage("podseal-sidecar")
                .withRestartPolicy("Always")
                .endInitContainer()
                .addNewContainer()
                .withName("app")
                .withImage("app")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(address)
                .addNewPodIP(address)
                .endStatus()
                .build());
  }

  private static void awaitPeers(Sidecar sidecar, int peers) {
    Awaitility.await(peers + " declared peers")
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .until(() -> sidecar.status().path("peers").asInt() == peers);
  }

  private static long live(JsonNode status) {
    return StreamSupport.stream(status.path("ikeSas").spliterator(), false)
        .filter(ike -> ike.path("phase").asText().equals("ESTABLISHED"))
        .filter(ike -> !ike.path("children").isEmpty())
        .map(ike -> ike.path("peer").asText())
        .distinct()
        .count();
  }

  private Pod net(String name, int host) {
    return lab.pod(name, host, ReversePathFilter.STRICT);
  }

  private void row(String state, Sidecar sidecar) {
    report.row(state, Footprint.of(sidecar.process().pid()));
  }
}
