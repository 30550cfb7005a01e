package io.podseal.controller.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceRequirementsTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Path CHART = Path.of("../helm");

  @TempDir private Path folder = Path.of("");

  /** YAML and {@code helm --set} make numbers of what has no unit. */
  @ParameterizedTest
  @CsvSource({"1, 1", "0.5, 0.5", "268435456, 268435456", "2.5e-1, 0.25", "1e3, 1000.0"})
  void aNumberBecomesTheSameQuantityInText(String number, String text) {
    var template = template("{\"limits\":{\"cpu\":%s}}".formatted(number));

    assertThat(template.resources()).hasToString("{\"limits\":{\"cpu\":\"%s\"}}".formatted(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0", "1", "+1", "1.", ".5", "0.5", "100m", "5n", "64Mi", "2Ti", "1Ei", "1e3", "1E3"
      })
  void whatKubernetesReadsAsAQuantityIsTakenAsItIs(String quantity) {
    var text = "{\"requests\":{\"memory\":\"%s\"}}".formatted(quantity);

    assertThat(Quantity.parse(quantity).getNumericalAmount()).isNotNegative();
    assertThat(template(text).resources()).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1",
        "1e999",
        "\"-1\"",
        "\"much\"",
        "\"\"",
        "\"1 Gi\"",
        "\"1GB\"",
        "true",
        "null",
        "[1]"
      })
  void anythingElseIsRefused(String value) throws JsonProcessingException {
    var problem =
        ResourceRequirements.problem(JSON.readTree("{\"limits\":{\"cpu\":%s}}".formatted(value)));

    assertThat(problem).contains("cpu is not a quantity");
  }

  @Test
  void theSchemaOfTheChartKnowsTheSameQuantitiesOfTheSameThings() throws IOException {
    var definitions =
        JSON.readTree(CHART.resolve("values.schema.json").toFile()).path("definitions");

    assertThat(definitions.at("/quantity/anyOf/1/pattern").asText())
        .isEqualTo("^" + ResourceRequirements.QUANTITY.pattern() + "$");
    assertThat(definitions.at("/sidecarQuantities/properties").properties())
        .extracting(Map.Entry::getKey)
        .containsExactlyElementsOf(ResourceRequirements.NAMES);
  }

  @Test
  void whatHelmTakesTheControllerStartsWith() throws IOException {
    var rendered =
        helm(
            """
            sidecar: {resources: {limits: {cpu: 1, memory: 268435456}, requests: {cpu: 0.5}}}
            resources:
              limits: {memory: 1e9, ephemeral-storage: 1Gi, hugepages-2Mi: 0, example.com/card: 1}
            """);

    var template = template(sidecarResources(rendered));
    assertThat(template.resources().at("/limits/cpu")).hasToString("\"1\"");
    assertThat(template.resources().at("/limits/memory")).hasToString("\"268435456\"");
    assertThat(template.resources().at("/requests/cpu")).hasToString("\"0.5\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sidecar: {resources: {limits: {cpus: 1}}}",
        "sidecar: {resources: {limits: {example.com/card: 1}}}",
        "sidecar: {resources: {requests: {memory: much}}}",
        "resources: {limits: {memroy: 1Gi}}",
        "resources: {requests: {cpu: -1}}"
      })
  void whatTheControllerOrTheApiServerWouldRefuseHelmRefusesByItsPlace(String values) {
    assertThatThrownBy(() -> helm(values))
        .hasMessageContaining(values.contains("limits") ? "limits" : "requests");
  }

  private String helm(String values) throws IOException {
    return new Helm(CHART)
        .template()
        .withValuesFile(Files.writeString(folder.resolve("values.yaml"), values))
        .withKubeVersion("1.31.0")
        .call();
  }

  private static String sidecarResources(String rendered) throws JsonProcessingException {
    var lines = rendered.lines().map(String::strip).toList();
    int at = lines.indexOf("- name: PODSEAL_SIDECAR_RESOURCES");
    JsonNode quoted = JSON.readTree(lines.get(at + 1).substring("value: ".length()));
    return quoted.asText();
  }

  private static SidecarTemplate template(String resources) {
    return SidecarTemplate.of("controller:9443", "sidecar:1", "Always", "info", resources);
  }
}
