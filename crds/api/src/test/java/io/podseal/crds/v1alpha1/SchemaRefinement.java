package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Adds what the generator's annotations cannot say: list types, enums of text fields, bounds of
 * list items and map values, and the usual shape of conditions.
 */
final class SchemaRefinement implements CRDPostProcessor {
  private static final long LABEL_VALUE_LENGTH = 63;
  private static final long LONGEST_CIDR = 49;

  @Override
  public HasMetadata process(HasMetadata item, String crdSpecVersion) {
    var crd = (CustomResourceDefinition) item;
    var version = crd.getSpec().getVersions().getFirst();
    var schema = version.getSchema().getOpenAPIV3Schema();
    switch (crd.getSpec().getNames().getKind()) {
      case "SecurePeering" -> {
        refinePeering(schema);
        order(version, "READY", "PAIRS", "MODE", "REASON", "AGE");
      }
      case "CryptoProfile" -> {
        refineProfile(property(schema, "spec"));
        refineConditions(property(schema, "status", "conditions"));
        order(version, "ENCRYPTION", "CHILD-LIFETIME", "ACCEPTED", "AGE");
      }
      case "PeeringGrant" -> {
        refineSelector(property(schema, "spec", "to", "podSelector"));
        refineConditions(property(schema, "status", "conditions"));
        order(version, "FROM", "ACCEPTED", "AGE");
      }
      case "ExternalPeer" -> {
        var networks = property(schema, "spec", "networks");
        networks.setXKubernetesListType("set");
        networks.getItems().getSchema().setMaxLength(LONGEST_CIDR);
        refineConditions(property(schema, "status", "conditions"));
        order(version, "ADDRESS", "FQDN", "PROGRAMMED", "REASON", "AGE");
      }
      default -> throw new IllegalStateException("no refinement for " + crd.getFullResourceName());
    }
    return crd;
  }

  private static void refineProfile(JSONSchemaProps spec) {
    choice(spec, "encryption", CryptoProfileSpec.ENCRYPTION);
    choice(spec, "integrity", CryptoProfileSpec.INTEGRITY);
    choice(spec, "prf", CryptoProfileSpec.PRF);
    choice(spec, "keyExchange", CryptoProfileSpec.KEY_EXCHANGE);
    choice(spec, "additionalKeyExchange", CryptoProfileSpec.ADDITIONAL_KEY_EXCHANGE);
  }

  private static void choice(JSONSchemaProps spec, String field, List<String> names) {
    var list = property(spec, field);
    list.setXKubernetesListType("set");
    allow(list.getItems().getSchema(), names.toArray(String[]::new));
  }

  private static void refinePeering(JSONSchemaProps schema) {
    allow(property(schema, "spec", "mode"), "Strict", "Permissive");
    allow(property(items(property(schema, "spec", "ports")), "protocol"), "TCP", "UDP", "SCTP");
    refineSelector(property(schema, "spec", "from", "podSelector"));
    var to = items(property(schema, "spec", "to"));
    refineSelector(property(to, "podSelector"));
    refineSelector(property(to, "namespaceSelector"));
    refineConditions(property(schema, "status", "conditions"));
  }

  private static void refineSelector(JSONSchemaProps selector) {
    property(selector, "matchLabels")
        .getAdditionalProperties()
        .getSchema()
        .setMaxLength(LABEL_VALUE_LENGTH);
    var requirement = items(property(selector, "matchExpressions"));
    allow(property(requirement, "operator"), "In", "NotIn", "Exists", "DoesNotExist");
    items(property(requirement, "values")).setMaxLength(LABEL_VALUE_LENGTH);
  }

  /** As metav1.Condition is published by Kubernetes itself. */
  private static void refineConditions(JSONSchemaProps conditions) {
    conditions.setXKubernetesListType("map");
    conditions.setXKubernetesListMapKeys(List.of("type"));
    var condition = items(conditions);
    condition.setRequired(List.of("lastTransitionTime", "message", "reason", "status", "type"));
    property(condition, "lastTransitionTime").setFormat("date-time");
    property(condition, "message").setMaxLength(32768L);
    property(condition, "reason").setMinLength(1L);
    property(condition, "reason").setMaxLength(1024L);
    property(condition, "type").setMaxLength(316L);
    property(condition, "observedGeneration").setMinimum(0.0);
    property(condition, "observedGeneration").setFormat("int64");
    allow(property(condition, "status"), "True", "False", "Unknown");
  }

  private static void allow(JSONSchemaProps text, String... values) {
    text.setEnum(Arrays.stream(values).<JsonNode>map(TextNode::valueOf).toList());
  }

  /** The generator sorts columns by path; users read them from left to right. */
  private static void order(CustomResourceDefinitionVersion version, String... names) {
    var columns = new ArrayList<>(version.getAdditionalPrinterColumns());
    columns.sort(Comparator.comparingInt(column -> List.of(names).indexOf(column.getName())));
    version.setAdditionalPrinterColumns(columns);
  }

  private static JSONSchemaProps items(JSONSchemaProps list) {
    return list.getItems().getSchema();
  }

  /** The schema at {@code path}, which must exist. */
  static JSONSchemaProps property(JSONSchemaProps schema, String... path) {
    var current = schema;
    for (String name : path) {
      current = current.getProperties().get(name);
      if (current == null) {
        throw new IllegalStateException("no property " + String.join(".", path));
      }
    }
    return current;
  }
}
