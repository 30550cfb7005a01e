package io.podseal.controller.model;

import java.util.HashMap;
import java.util.Map;

/** A Namespace and its labels, with the name as a label as the API server sets it. */
public record NamespaceRecord(String name, Map<String, String> labels) {
  private static final String NAME_LABEL = "kubernetes.io/metadata.name";
  private static final String INJECT_LABEL = "podseal.io/inject";

  public NamespaceRecord {
    var all = new HashMap<>(labels);
    all.put(NAME_LABEL, name);
    labels = Map.copyOf(all);
  }

  /** Whether pods of this namespace get a sidecar, and so need the controller's certificate. */
  public boolean optedIn() {
    return "true".equals(labels.get(INJECT_LABEL));
  }
}
