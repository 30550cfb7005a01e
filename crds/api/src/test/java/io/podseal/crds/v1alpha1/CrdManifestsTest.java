package io.podseal.crds.v1alpha1;

import static io.podseal.crds.v1alpha1.SchemaRefinement.property;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/**
 * The committed manifests are the ones the classes generate, and hold what users rely on.
 *
 * <p>To regenerate: {@code ./mvnw -q -pl crds/api test -Dtest=CrdManifestsTest
 * -Dpodseal.updateCrds=true}.
 */
class CrdManifestsTest {
  private static final List<String> KINDS =
      List.of("securepeerings", "peeringgrants", "cryptoprofiles", "externalpeers");
  private static final Map<String, String> GENERATED = CrdManifests.generate();

  @Test
  void committedManifestsAreWhatTheClassesGenerate() throws IOException {
    assertThat(GENERATED).hasSameSizeAs(KINDS);
    for (var folder : CrdManifests.FOLDERS) {
      for (var manifest : GENERATED.entrySet()) {
        var file = folder.resolve(manifest.getKey());
        if (Boolean.getBoolean("podseal.updateCrds")) {
          Files.createDirectories(folder);
          Files.writeString(file, manifest.getValue());
        }
        assertThat(file)
            .as("regenerate with -Dpodseal.updateCrds=true (see this class)")
            .exists()
            .content()
            .isEqualTo(manifest.getValue());
      }
    }
  }

  @Test
  void conditionsAreAListMapKeyedByType() {
    for (var kind : KINDS) {
      var conditions = property(schema(kind), "status", "conditions");
      assertThat(conditions.getXKubernetesListType()).as(kind).isEqualTo("map");
      assertThat(conditions.getXKubernetesListMapKeys()).containsExactly("type");
      assertThat(conditions.getItems().getSchema().getRequired())
          .contains("type", "status", "reason", "message", "lastTransitionTime");
    }
  }

  @Test
  void kubectlShowsReadinessPairsModeAndAge() {
    assertThat(version("securepeerings").getAdditionalPrinterColumns())
        .filteredOn(column -> column.getPriority() == null || column.getPriority() == 0)
        .extracting(CustomResourceColumnDefinition::getName)
        .containsExactly("READY", "PAIRS", "MODE", "AGE");
  }

  @Test
  void statusIsASubresourceAndNamesAreShort() {
    for (var kind : KINDS) {
      assertThat(version(kind).getSubresources().getStatus()).as(kind).isNotNull();
      assertThat(crd(kind).getSpec().getScope()).isEqualTo("Namespaced");
      assertThat(crd(kind).getSpec().getNames().getShortNames()).hasSize(1);
      assertThat(crd(kind).getSpec().getNames().getCategories()).containsExactly("podseal");
      assertThat(schema(kind).getRequired()).as(kind).contains("spec");
    }
  }

  @Test
  void everyListAndTextThatARuleCanReadIsBounded() {
    var unbounded = new ArrayList<String>();
    for (var name : KINDS) {
      walk(
          name + ".spec",
          property(schema(name), "spec"),
          (path, schema) -> {
            boolean bounded =
                switch (schema.getType()) {
                  case "array" -> schema.getMaxItems() != null && schema.getMaxItems() <= 64;
                  case "string" ->
                      schema.getMaxLength() != null
                          || (schema.getEnum() != null && !schema.getEnum().isEmpty());
                  case "object" ->
                      schema.getAdditionalProperties() == null || schema.getMaxProperties() != null;
                  case "integer" -> schema.getMinimum() != null && schema.getMaximum() != null;
                  default -> false;
                };
            if (!bounded) {
              unbounded.add(path);
            }
          });
    }
    assertThat(unbounded).isEmpty();
  }

  @Test
  void everyRuleSaysInWordsWhatIsWrong() {
    var rules = new ArrayList<String>();
    for (var name : KINDS) {
      walk(
          name,
          schema(name),
          (path, schema) ->
              schema
                  .getXKubernetesValidations()
                  .forEach(rule -> {
                    rules.add(rule.getRule());
                    assertThat(rule.getMessage()).as(path).isNotBlank();
                  }));
    }
    assertThat(rules).hasSizeGreaterThanOrEqualTo(10);
  }

  @Test
  void defaultsAreThoseTheControllerAssumes() {
    var spec = property(schema("securepeerings"), "spec");
    assertThat(property(spec, "mode").getDefault().asText()).isEqualTo("Strict");
    var profile = property(schema("cryptoprofiles"), "spec");
    assertThat(property(profile, "encryption").getDefault())
        .hasToString("[\"aes256gcm16\",\"aes128gcm16\"]");
    assertThat(property(profile, "childLifetime").getDefault().asText()).isEqualTo("1h");
    assertThat(property(profile, "ikeLifetime").getDefault().asText()).isEqualTo("4h");
    assertThat(property(profile, "liveness").getDefault().asText()).isEqualTo("30s");
  }

  private static void walk(
      String path, JSONSchemaProps schema, BiConsumer<String, JSONSchemaProps> visitor) {
    visitor.accept(path, schema);
    schema.getProperties().forEach((name, child) -> walk(path + "." + name, child, visitor));
    if (schema.getItems() != null) {
      walk(path + "[]", schema.getItems().getSchema(), visitor);
    }
    if (schema.getAdditionalProperties() != null
        && schema.getAdditionalProperties().getSchema() != null) {
      walk(path + "{}", schema.getAdditionalProperties().getSchema(), visitor);
    }
  }

  private static CustomResourceDefinition crd(String plural) {
    return Serialization.unmarshal(
        GENERATED.get(plural + ".podseal.io.yaml"), CustomResourceDefinition.class);
  }

  private static CustomResourceDefinitionVersion version(String plural) {
    return crd(plural).getSpec().getVersions().getFirst();
  }

  private static JSONSchemaProps schema(String plural) {
    return version(plural).getSchema().getOpenAPIV3Schema();
  }
}
