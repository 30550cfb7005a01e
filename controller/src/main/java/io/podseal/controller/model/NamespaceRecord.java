package io.podseal.controller.model;

import java.util.HashMap;
import java.util.Map;

/** A Namespace and its labels, with the name as a label as the API server sets it. */
public record NamespaceRecord(String name, Map<String, String> labels) {
  private static final String NAME_LABEL = "kubernetes.io/metadata.name";
  private static final String INJECT_LABEL = "podseal.io/inject";
  private static final String ENFORCE_LABEL = "pod-security.kubernetes.io/enforce";
  private static final String PRIVILEGED = "privileged";

  public NamespaceRecord {
    var all = new HashMap<>(labels);
    all.put(NAME_LABEL, name);
    labels = Map.copyOf(all);
  }

  /** Whether pods of this namespace get a sidecar, and so need the controller's certificate. */
  public boolean optedIn() {
    return "true".equals(labels.get(INJECT_LABEL));
  }

  /** Whether it wants sidecars in its pods and refuses pods with sidecars. */
  public boolean forbidsItsSidecars() {
    return optedIn() && !podSecurity().equals(PRIVILEGED);
  }

  /** The Pod Security level that it enforces. */
  public String podSecurity() {
    return labels.getOrDefault(ENFORCE_LABEL, PRIVILEGED);
  }
}
