package io.podseal.controller.model;

/** Whether a pair may ever send clear packets. */
public enum Mode {
  /** Clear only to a pod without a sidecar. */
  PERMISSIVE,
  /** Never. */
  STRICT;

  /** Overlapping peerings merge to the strictest. */
  Mode strictest(Mode other) {
    return this == STRICT ? this : other;
  }
}
