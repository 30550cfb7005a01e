package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each image lists what it is made of: its libraries in CycloneDX, beside the libraries themselves;
 * the packages of its distribution; and its Java runtime.
 */
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
  void thePackagesAndTheJavaRuntimeOfTheControllerAreListed() {
    var pod = ring.controllers().getFirst();

    assertThat(packages(pod, "controller")).contains("libc6");
    assertThat(runtime(pod, "controller")).contains("JAVA_VERSION=\"25.");
  }

  @Test
  void everyLibraryOfTheSidecarIsInItAndItsPackagesAndJavaRuntimeAreListed()
      throws JsonProcessingException {
    var namespace = ring.namespace("materials");
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    var pod = ring.pod(namespace, "orders");

    // The part of Bouncy Castle that a sidecar loads, cut out of the whole in the build.
    assertThat(unlisted(pod, "podseal", "podseal-sidecar"))
        .isEqualTo(Set.of("bouncycastle-curve25519.jar"));
    assertThat(bill(pod, "podseal").findValuesAsText("name")).contains("bcprov-jdk18on");
    assertThat(packages(pod, "podseal")).contains("nftables", "libc6");
    assertThat(runtime(pod, "podseal")).contains("JAVA_VERSION=\"25.");
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

  /** The names of the packages, of which each has a version and an architecture. */
  private List<String> packages(Pod pod, String container) {
    var lines = exec(pod, container, "cat", HOME + "packages.txt").lines().toList();
    assertThat(lines).allMatch(line -> line.matches("\\S+ \\S+ \\S+"));
    return lines.stream().map(line -> line.substring(0, line.indexOf(' '))).toList();
  }

  private String runtime(Pod pod, String container) {
    return exec(pod, container, "cat", HOME + "jre/release");
  }

  private JsonNode bill(Pod pod, String container) throws JsonProcessingException {
    return new JsonMapper().readTree(exec(pod, container, "cat", HOME + "sbom.json"));
  }

  private String exec(Pod pod, String container, String... program) {
    return ring.execIn(pod, container, program).must();
  }
}
