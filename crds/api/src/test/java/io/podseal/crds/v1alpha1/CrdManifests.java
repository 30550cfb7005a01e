package io.podseal.crds.v1alpha1;

import io.fabric8.crdv2.generator.CRDGenerator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Generates the CustomResourceDefinitions from the annotated classes. */
final class CrdManifests {
  /** Where the generated files are kept: the source of truth and the chart's copy. */
  static final Path[] FOLDERS = {Path.of("../manifests"), Path.of("../../helm/files/crds")};

  private CrdManifests() {}

  /** File name to YAML. */
  static Map<String, String> generate() {
    var files = new TreeMap<String, ByteArrayOutputStream>();
    new CRDGenerator()
        .customResourceClasses(
            SecurePeering.class, PeeringGrant.class, CryptoProfile.class, ExternalPeer.class)
        .forCRDVersions("v1")
        .withParallelGenerationEnabled(false)
        .withMinQuotes(false)
        .withPostProcessor(new SchemaRefinement())
        .withOutput(
            new CRDGenerator.CRDOutput<ByteArrayOutputStream>() {
              @Override
              public ByteArrayOutputStream outputFor(String crdName) {
                return files.computeIfAbsent(crdName, name -> new ByteArrayOutputStream());
              }

              @Override
              public void close() {}
            })
        .detailedGenerate();
    var manifests = new TreeMap<String, String>();
    files.forEach((name, bytes) ->
        manifests.put(
            name.replaceFirst("-v1$", "") + ".yaml", bytes.toString(StandardCharsets.UTF_8)));
    return manifests;
  }
}
