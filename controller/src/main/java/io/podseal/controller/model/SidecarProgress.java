package io.podseal.controller.model;

import java.util.Set;

/**
 * How far one sidecar is.
 *
 * @param acknowledged UIDs of the peers whose keys it has applied
 * @param live UIDs of the peers with which it reports a child SA
 * @param problem why it could not apply its last update; empty if it could
 */
public record SidecarProgress(Set<String> acknowledged, Set<String> live, String problem) {
  /** Of a sidecar that is not connected. */
  static final SidecarProgress NONE = new SidecarProgress(Set.of(), Set.of(), "");

  public SidecarProgress {
    acknowledged = Set.copyOf(acknowledged);
    live = Set.copyOf(live);
  }
}
