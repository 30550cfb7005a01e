package io.podseal.controller.model;

import java.util.Map;
import java.util.Optional;

/**
 * Who talks sealed with whom: a policy for each pod that has a sidecar and an address, also for
 * those without peers.
 */
public record PeerGraph(Map<String, PodPolicy> policies) {
  /** Before the first pass: no pod has a policy yet. */
  public static final PeerGraph EMPTY = new PeerGraph(Map.of());

  public PeerGraph {
    policies = Map.copyOf(policies);
  }

  /**
   * The policy of a pod, by UID; empty while the pod has no address, because a sidecar that knew no
   * peers would let its application begin in clear.
   */
  public Optional<PodPolicy> policy(String uid) {
    return Optional.ofNullable(policies.get(uid));
  }
}
