package io.podseal.controller.model;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Pods that a Strict peering selects in namespaces that have not permitted it, or no longer do: its
 * own pods exchange nothing with them, because clear packets are what Strict forbids. The other
 * side is told nothing: it consented to nothing.
 */
final class ShutPods {
  record Shut(int pod, CompiledPeering peering) {}

  private final Map<Integer, SortedMap<Integer, CompiledPeering>> byPod = new HashMap<>();

  void add(int from, int unpermitted, CompiledPeering peering) {
    byPod.computeIfAbsent(from, n -> new TreeMap<>()).putIfAbsent(unpermitted, peering);
  }

  /** What {@code pod} must not talk to, in the order of the pods' numbers. */
  List<Shut> of(int pod) {
    return byPod.getOrDefault(pod, Collections.emptySortedMap()).entrySet().stream()
        .map(entry -> new Shut(entry.getKey(), entry.getValue()))
        .toList();
  }
}
