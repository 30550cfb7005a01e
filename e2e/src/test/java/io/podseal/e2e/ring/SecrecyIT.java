package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podseal.controller.AuditLines;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.secrecy.SecretSearch;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Looks for master keys, a pair's key, the authority's key and tokens wherever a user of the
 * cluster may look.
 */
@Tag("cluster")
class SecrecyIT {
  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.namespace("quiet");
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    for (String app : List.of("orders", "postgres")) {
      // Whoever may create a pod may have its sidecar say everything that it ever says.
      ring.apply(Workloads.pod(namespace, app, app, "podseal.io/log-level: trace"));
    }
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  @Test
  void neitherAKeyNorATokenIsInLogsThreadDumpsEventsStatusesMetricsOrPages()
      throws GeneralSecurityException {
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
      places.add(ring.logs(pod, "podseal"));
      for (var page : List.of("metrics", "status")) {
        places.add(ring.exec(pod, "curl", "-sS", "http://127.0.0.1:9808/" + page).must());
      }
    }
    for (var pod : ring.controllers()) {
      places.add(ring.logs(pod, "controller"));
      places.add(ring.metrics(pod));
    }
    places.add(
        ring.kubectl(
                "get",
                "events,securepeerings,pods,configmaps,leases,endpointslices",
                "-A",
                "-o",
                "json")
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

    var search = new SecretSearch();
    for (var key : new String[] {"ca.key", "next.key"}) {
      var pem = secret("podseal-ca").get(key);
      if (pem != null) {
        search.privateKey("podseal-ca/" + key, new String(pem, StandardCharsets.US_ASCII));
      }
    }
    secret("podseal-master")
        .forEach((entry, master) -> {
          int epoch = Integer.parseInt(entry.substring("epoch-".length()));
          var key = new PairKey(master, epoch, orders, postgres);
          assertThat(ids(places, orders))
              .as("our derivation is the controller's")
              .contains(key.id());
          search.octets("podseal-master/" + entry, master);
          search.octets("the key of the pair", key.octets());
        });
    assertThat(places.stream().flatMap(place -> search.in(place).stream())).isEmpty();
    assertThat(search.in(asPrinted(search.forms())))
        .as("all that is found where it is")
        .containsExactlyElementsOf(search.forms().keySet());
    // Every token is a JWT, and every JWT begins so.
    assertThat(places).noneMatch(place -> place.contains("eyJhbGciOi"));
  }

  /** What a user who may exec has of a JVM: its threads, in the log, and nothing of its memory. */
  private void dumpThreads(Pod pod, String container) {
    assertThat(shell(pod, container, ": </proc/1/mem").err()).contains("Permission denied");
    shell(pod, container, "kill -QUIT 1").must();
    Awaitility.await("the end of the thread dump of " + pod.getMetadata().getName())
        .until(() -> {
          var log = ring.logs(pod, container);
          return log.contains("Full thread dump") && log.contains("class space");
        });
  }

  private Command.Result shell(Pod pod, String container, String line) {
    var meta = pod.getMetadata();
    return ring.kubectl(
        "exec", "-n", meta.getNamespace(), meta.getName(), "-c", container, "--", "sh", "-c", line);
  }

  private Map<String, byte[]> secret(String name) {
    var data = ring.client().secrets().inNamespace(Ring.SYSTEM).withName(name).get().getData();
    return data.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, entry -> Base64.getDecoder().decode(entry.getValue())));
  }

  /** A ConfigMap that holds all of {@code forms}, as kubectl prints it; nobody keeps it. */
  private String asPrinted(Map<String, String> forms) {
    int[] number = {0};
    var data =
        forms.values().stream()
            .collect(Collectors.toMap(form -> "form-" + number[0]++, form -> form));
    var map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName("planted")
            .endMetadata()
            .withData(data)
            .build();
    return Command.of("kubectl", "create", "--dry-run=server", "-o", "json", "-f", "-")
        .run(Serialization.asJson(map))
        .must();
  }

  private static Set<String> ids(List<String> places, Pod pod) {
    return places.stream()
        .flatMap(place -> AuditLines.in(place, AuditLines.ISSUED).stream())
        .filter(line -> line.group("uid").equals(pod.getMetadata().getUid()))
        .map(line -> line.group("ids"))
        .collect(Collectors.toSet());
  }
}
