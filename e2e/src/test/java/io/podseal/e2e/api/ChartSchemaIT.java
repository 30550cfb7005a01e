package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** kubeconform judges the chart by the schemas that the API server itself publishes. */
@Tag("api")
@ExtendWith(Api.class)
class ChartSchemaIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Path FOLDER = Path.of("target", "schemas");
  private static final Chart CHART = new Chart(Path.of("none"), "podseal-system");
  private static final String QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";
  private static final String INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

  @BeforeEach
  void exportSchemas() throws IOException {
    Files.createDirectories(FOLDER);
    var definitions =
        (ObjectNode)
            JSON.readTree(Api.kubectl("get", "--raw", "/openapi/v2").must()).path("definitions");
    for (var name : List.of(QUANTITY, INT_OR_STRING)) {
      var either = definitions.putObject(name);
      either.putArray("type").add("string").add("number");
    }
    for (var entry : definitions.properties()) {
      close(entry.getValue());
      for (var kind : entry.getValue().path("x-kubernetes-group-version-kind")) {
        var schema = JSON.createObjectNode();
        schema.put("$ref", "all.json#/definitions/" + entry.getKey());
        Files.writeString(FOLDER.resolve(fileOf(kind)), schema.toString());
      }
    }
    var all = JSON.createObjectNode();
    all.set("definitions", definitions);
    Files.writeString(
        FOLDER.resolve("all.json"),
        all.toString().replace("\"#/definitions/", "\"all.json#/definitions/"));
  }

  @Test
  void everyObjectOfTheChartIsOneThatTheApiServerPublishes() {
    for (var values : List.of("purge=false", "purge=true,crds.keep=false,podAnnotations.a=b")) {
      var judged = kubeconform(CHART.renderWith(values));

      assertThat(judged.ok()).as(judged.out()).isTrue();
      assertThat(judged.out()).contains("Invalid: 0, Errors: 0").doesNotContain("Valid: 0");
    }
  }

  @Test
  void everyGoodSampleIsValidToo() throws IOException {
    try (var samples = Files.list(Path.of("../crds/samples/good"))) {
      for (var sample : samples.toList()) {
        var judged = kubeconform(Files.readString(sample));
        assertThat(judged.ok()).as(sample + ": " + judged.out()).isTrue();
      }
    }
  }

  @Test
  void aMisspeltFieldAndAWrongTypeWouldBeSeen() {
    var rendered = CHART.render("deployment.yaml");

    for (var wrong :
        Set.of(
            rendered.replaceFirst("readinessProbe:", "readinesProbe:"),
            rendered.replaceFirst("replicas: 2", "replicas: two"))) {
      assertThat(wrong).isNotEqualTo(rendered);
      assertThat(kubeconform(wrong).ok()).as(wrong).isFalse();
    }
  }

  /** Without fields that nobody declared, as {@code kubectl --validate=strict} has it. */
  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode object
        && object.path("properties").isObject()
        && !object.has("additionalProperties")
        && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.put("additionalProperties", false);
    }
    for (var part : schema) {
      close(part);
    }
  }

  private static String fileOf(JsonNode kind) {
    var group = kind.path("group").asText();
    var first = group.isEmpty() ? "" : "-" + group.split("\\.", 2)[0];
    return (kind.path("kind").asText() + first + "-" + kind.path("version").asText() + ".json")
        .toLowerCase(Locale.ROOT);
  }

  private static Command.Result kubeconform(String yaml) {
    return Command.of(
            "kubeconform",
            "-strict",
            "-summary",
            "-verbose",
            "-schema-location",
            FOLDER.toAbsolutePath() + "/{{.ResourceKind}}{{.KindSuffix}}.json",
            "-")
        .run(yaml);
  }
}
