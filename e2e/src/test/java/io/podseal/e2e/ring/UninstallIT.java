package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cluster")
class UninstallIT {
  private static final String KINDS =
      "customresourcedefinitions,clusterroles,clusterrolebindings,mutatingwebhookconfigurations,"
          + "priorityclasses";

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
    assertThat(ours(ring.kubectl("get", KINDS, "-o", "name").must())).isEmpty();
    assertThat(
            ours(
                ring.kubectl(
                        "get",
                        "all,secrets,configmaps,leases,endpointslices,roles,rolebindings,"
                            + "serviceaccounts,networkpolicies,poddisruptionbudgets",
                        "-n",
                        Ring.SYSTEM,
                        "-o",
                        "name")
                    .must()))
        .isEmpty();
  }

  private void assertGone() {
    assertThat(ring.controllers()).isEmpty();
    assertThat(ring.kubectl("get", "configmaps", "-n", namespace, "-o", "name").must())
        .doesNotContain("podseal");
  }

  private static List<String> ours(String names) {
    return names.lines().filter(name -> name.contains("podseal")).toList();
  }
}
