package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cluster")
class UninstallIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String COLUMNS =
      "custom-columns=KIND:.kind,IN:.metadata.namespace,NAME:.metadata.name,"
          + "LABELS:.metadata.labels";

  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);

  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.namespace("kept");
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  @Test
  void uninstallingKeepsWhatOthersDependOnAndPurgingLeavesNothingButSealedPods() {
    ring.sniffer();
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);

    Timings.time(
        "helm uninstall", () -> assertThat(ring.uninstall().must()).contains("uninstalled"));

    assertThat(ring.kubectl("get", "securepeerings", "-n", namespace, "-o", "name").must())
        .contains("orders-to-postgres");
    assertThat(ring.kubectl("get", "secret", "podseal-master", "-n", Ring.SYSTEM).ok()).isTrue();
    assertGone();
    traffic.assertPage(orders, postgres);
    // The namespace is still labelled, and nobody is asked any more.
    ring.apply(Workloads.pod(namespace, "later", "later"));
    assertThat(ring.pod(namespace, "later").getSpec().getInitContainers()).isEmpty();

    ring.install("crds.keep=false", "purge=true");
    ring.uninstall().must();

    assertGone();
    traffic.assertPage(orders, postgres);
    traffic.assertSealed(orders, postgres);
    // What belonged to something that was deleted goes a moment later.
    await().atMost(LIMIT).untilAsserted(() -> assertThat(ours()).isEmpty());
  }

  private void assertGone() {
    assertThat(ring.controllers()).isEmpty();
    assertThat(ring.kubectl("get", "configmaps", "-n", namespace, "-o", "name").must())
        .doesNotContain("podseal");
  }

  /** Every object of whatever kind that has podseal in its name or labels. */
  private List<String> ours() {
    var kinds =
        ring.kubectl("api-resources", "--verbs=list", "-o", "name")
            .must()
            .lines()
            // They tell what was, and expire.
            .filter(kind -> !kind.startsWith("events"))
            .toList();
    assertThat(kinds).hasSizeGreaterThan(40);
    var listed = ring.kubectl("get", String.join(",", kinds), "-A", "--no-headers", "-o", COLUMNS);
    // A kind may have gone since it was named.
    assertThat(listed.ok()).as(listed.err()).isTrue();
    return listed
        .out()
        .lines()
        .map(line -> List.of(line.split("\\s+", 4)))
        .filter(object -> !spared(object.getFirst(), object.get(1)))
        .filter(object -> (object.get(2) + " " + object.get(3)).contains("podseal"))
        .map(object -> String.join(" ", object))
        .toList();
  }

  private static boolean spared(String kind, String namespace) {
    return switch (kind) {
      // Ours and the tests': Helm makes one and deletes none, and a user's label stays.
      case "Namespace" -> true;
      // Those of API servers are labelled with the name of the machine.
      case "Lease" -> namespace.equals("kube-system");
      default -> false;
    };
  }
}
