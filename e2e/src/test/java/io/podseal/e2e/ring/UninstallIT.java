package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cluster")
class UninstallIT {
  private static final String KINDS =
      "customresourcedefinitions,clusterroles,clusterrolebindings,mutatingwebhookconfigurations,"
          + "priorityclasses";

  private final Ring ring = Ring.ready();

  @Test
  void uninstallingKeepsWhatOthersDependOnAndPurgingLeavesNothing() {
    var namespace = ring.namespace("kept");
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));

    Timings.time(
        "helm uninstall", () -> assertThat(ring.uninstall().must()).contains("uninstalled"));

    assertThat(ring.kubectl("get", "securepeerings", "-n", namespace, "-o", "name").must())
        .contains("orders-to-postgres");
    assertThat(ring.kubectl("get", "secret", "podseal-master", "-n", Ring.SYSTEM).ok()).isTrue();

    ring.install("crds.keep=false", "purge=true");
    ring.uninstall().must();

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
    assertThat(ring.kubectl("get", "configmaps", "-n", namespace, "-o", "name").must())
        .doesNotContain("podseal");
    ring.drop(namespace);
  }

  private static List<String> ours(String names) {
    return names.lines().filter(name -> name.contains("podseal")).toList();
  }
}
