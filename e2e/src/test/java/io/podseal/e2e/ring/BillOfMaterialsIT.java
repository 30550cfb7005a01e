package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each image carries a CycloneDX list of what it is made of, beside the libraries themselves. */
@Tag("cluster")
class BillOfMaterialsIT {
  private static final String HOME = "/opt/podseal/";

  private final Ring ring = Ring.ready();

  @Test
  void everyLibraryOfTheControllerIsInIt() throws JsonProcessingException {
    // Quarkus takes a class out of this one.
    assertThat(unlisted(ring.controllers().getFirst(), "controller", "podseal-controller"))
        .allMatch(jar -> jar.startsWith("io.fabric8.kubernetes-httpclient-vertx-"));
  }

  @Test
  void everyLibraryOfTheSidecarIsInIt() throws JsonProcessingException {
    var namespace = ring.namespace("materials");
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    var pod = ring.pod(namespace, "orders");

    // The part of Bouncy Castle that a sidecar loads, cut out of the whole in the build.
    assertThat(unlisted(pod, "podseal", "podseal-sidecar"))
        .isEqualTo(Set.of("bouncycastle-curve25519.jar"));
    assertThat(bill(pod, "podseal").findValuesAsText("name")).contains("bcprov-jdk18on");
    ring.drop(namespace);
  }

  /** The libraries in the image whose digest is not in its list. */
  private Set<String> unlisted(Pod pod, String container, String what)
      throws JsonProcessingException {
    var bill = bill(pod, container);
    assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
    assertThat(bill.at("/metadata/component/name").asText()).isEqualTo(what);
    var listed = new HashSet<String>();
    for (JsonNode component : bill.path("components")) {
      for (JsonNode hash : component.path("hashes")) {
        if (hash.path("alg").asText().equals("SHA-256")) {
          listed.add(hash.path("content").asText());
        }
      }
    }
    var jars =
        exec(
                pod,
                container,
                "find",
                HOME + "app/lib",
                "-name",
                "*.jar",
                "-exec",
                "sha256sum",
                "{}",
                "+")
            .lines()
            .toList();
    assertThat(jars).hasSizeGreaterThan(20);
    var unlisted = new HashSet<String>();
    for (String line : jars) {
      var words = List.of(line.split("\\s+", 2));
      if (!listed.contains(words.getFirst())) {
        unlisted.add(words.getLast().replaceAll(".*/", ""));
      }
    }
    return unlisted;
  }

  private JsonNode bill(Pod pod, String container) throws JsonProcessingException {
    return new JsonMapper().readTree(exec(pod, container, "cat", HOME + "sbom.json"));
  }

  private String exec(Pod pod, String container, String... program) {
    var line =
        new ArrayList<>(
            List.of(
                "exec",
                "-n",
                Ring.namespaceOf(pod),
                pod.getMetadata().getName(),
                "-c",
                container,
                "--"));
    line.addAll(List.of(program));
    return ring.kubectl(line.toArray(String[]::new)).must();
  }
}
