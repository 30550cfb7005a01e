package io.podseal.controller.model;

import java.util.List;

/**
 * What the model decided about one peering.
 *
 * @param pods pods that it pairs, each once
 * @param pairs pairs that it asks for, each once
 * @param hostNetworkPods pods that it selects and that cannot be sealed
 * @param forbiddingNamespaces whose Pod Security refuses the sidecars of their pods
 * @param contestedPods pods that it pairs and whose address another live pod holds too
 */
public record Verdict(
    PeeringRecord peering,
    ConditionState accepted,
    ConditionState resolvedRefs,
    List<PodRecord> pods,
    List<Pair> pairs,
    List<PodRecord> hostNetworkPods,
    List<NamespaceRecord> forbiddingNamespaces,
    List<PodRecord> contestedPods) {

  /** Two pods, the lower UID first. */
  public record Pair(PodRecord one, PodRecord other) {}
}
