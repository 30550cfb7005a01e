package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.controller.AuditLines;
import io.podseal.e2e.lab.Command;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Looks for the master key, a pair's key and tokens wherever a user of the cluster may look. */
@Tag("cluster")
class SecrecyIT {
  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.namespace("quiet");
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  @Test
  void neitherAKeyNorATokenIsInLogsThreadDumpsEventsStatusesMetricsOrPages() {
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);

    for (var pod : List.of(orders, postgres)) {
      dumpThreads(pod, "podseal");
    }
    for (var pod : ring.controllers()) {
      dumpThreads(pod, "controller");
    }
    var places = new ArrayList<String>();
    for (var pod : List.of(orders, postgres)) {
      places.add(logs(pod, "podseal"));
      for (var page : List.of("metrics", "status")) {
        places.add(ring.exec(pod, "curl", "-sS", "http://127.0.0.1:9808/" + page).must());
      }
    }
    for (var pod : ring.controllers()) {
      places.add(logs(pod, "controller"));
    }
    places.add(
        ring.kubectl(
                "get",
                "events,securepeerings,pods,configmaps,leases,endpointslices",
                "-A",
                "-o",
                "yaml")
            .must());
    assertThat(places).allSatisfy(place -> assertThat(place).isNotBlank());
    assertThat(places).allSatisfy(place -> assertThat(AuditLines.strange(place)).isEmpty());
    for (var pod : List.of(orders, postgres)) {
      var meta = pod.getMetadata();
      for (var kind : List.of(AuditLines.OPENED, AuditLines.ISSUED)) {
        assertThat(places.stream().flatMap(place -> AuditLines.in(place, kind).stream()))
            .anySatisfy(line -> {
              assertThat(line.group("pod")).isEqualTo(namespace + "/" + meta.getName());
              assertThat(line.group("uid")).isEqualTo(meta.getUid());
              assertThat(line.group("account")).isEqualTo("default");
              assertThat(line.group("node")).isEqualTo(pod.getSpec().getNodeName());
            });
      }
    }
    assertThat(ids(places, orders)).isNotEmpty().isEqualTo(ids(places, postgres));

    for (var secret : List.of("podseal-master", "podseal-ca")) {
      ring.client()
          .secrets()
          .inNamespace(Ring.SYSTEM)
          .withName(secret)
          .get()
          .getData()
          .forEach((entry, base64) -> {
            if (!entry.endsWith(".crt")) {
              var octets = Base64.getDecoder().decode(base64);
              absent(secret + "/" + entry, octets, places);
            }
          });
    }
    ring.client()
        .secrets()
        .inNamespace(Ring.SYSTEM)
        .withName("podseal-master")
        .get()
        .getData()
        .forEach((entry, base64) -> {
          int epoch = Integer.parseInt(entry.substring("epoch-".length()));
          var key = new PairKey(Base64.getDecoder().decode(base64), epoch, orders, postgres);
          assertThat(ids(places, orders))
              .as("our derivation is the controller's")
              .contains(key.id());
          absent("the key of the pair", key.octets(), places);
        });
    // Every token is a JWT, and every JWT begins so.
    assertThat(places).noneMatch(place -> place.contains("eyJhbGciOi"));
  }

  /** What a user who may exec has of a JVM: its threads, in the log, and nothing of its memory. */
  private void dumpThreads(Pod pod, String container) {
    assertThat(shell(pod, container, ": </proc/1/mem").err()).contains("Permission denied");
    shell(pod, container, "kill -QUIT 1").must();
    Awaitility.await("the end of the thread dump of " + pod.getMetadata().getName())
        .until(() -> {
          var log = logs(pod, container);
          return log.contains("Full thread dump") && log.contains("class space");
        });
  }

  private Command.Result shell(Pod pod, String container, String line) {
    var meta = pod.getMetadata();
    return ring.kubectl(
        "exec", "-n", meta.getNamespace(), meta.getName(), "-c", container, "--", "sh", "-c", line);
  }

  private String logs(Pod pod, String container) {
    var meta = pod.getMetadata();
    return ring.kubectl("logs", "-n", meta.getNamespace(), meta.getName(), "-c", container).must();
  }

  /** In base64, and in hexadecimal digits of either case. */
  private static void absent(String what, byte[] octets, List<String> places) {
    assertThat(octets).hasSizeGreaterThan(16);
    var forms =
        List.of(
            Base64.getEncoder().encodeToString(octets),
            HexFormat.of().formatHex(octets),
            HexFormat.of().withUpperCase().formatHex(octets));
    for (var form : forms) {
      assertThat(places).as(what).noneMatch(place -> place.contains(form.substring(0, 24)));
    }
  }

  private static Set<String> ids(List<String> places, Pod pod) {
    return places.stream()
        .flatMap(place -> AuditLines.in(place, AuditLines.ISSUED).stream())
        .filter(line -> line.group("uid").equals(pod.getMetadata().getUid()))
        .map(line -> line.group("ids"))
        .collect(Collectors.toSet());
  }
}
