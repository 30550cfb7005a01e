package io.podseal.controller.model;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The pods that a peering selects.
 *
 * @param from sealable pods of {@code from}, each once
 * @param to sealable pods of {@code to}, each once
 * @param hostNetwork selected pods that share their node's addresses; of other namespaces only what
 *     a grant permits, because a peering's status names them
 * @param unpermitted sealable pods of other namespaces that {@code to} selects and that no grant
 *     permits
 * @param forbidding namespaces whose Pod Security refuses the sidecars that their pods are to have;
 *     of other namespaces only what a grant lets the peering's know
 */
record Selection(
    List<PodRecord> from,
    List<PodRecord> to,
    List<PodRecord> hostNetwork,
    List<PodRecord> unpermitted,
    List<NamespaceRecord> forbidding) {

  static Selection of(
      CompiledPeering peering,
      PodIndex pods,
      Map<String, NamespaceRecord> namespaces,
      Grants grants) {
    var home = peering.source().namespace();
    var hostNetwork = new LinkedHashSet<PodRecord>();
    var from = sealable(pods.select(home, peering.from()), hostNetwork);
    var to = new LinkedHashSet<PodRecord>();
    var unpermitted = new LinkedHashSet<PodRecord>();
    var known = new TreeSet<>(Set.of(home));
    for (var destination : peering.to()) {
      for (var namespace : selected(destination, home, namespaces)) {
        if (grants.know(home, namespace)) {
          known.add(namespace);
        }
        for (var pod : pods.select(namespace, destination.pods())) {
          boolean permitted = namespace.equals(home) || grants.permit(home, pod);
          if (pod.sealable()) {
            (permitted ? to : unpermitted).add(pod);
          } else if (pod.hostNetwork() && permitted) {
            hostNetwork.add(pod);
          }
        }
      }
    }
    return new Selection(
        from,
        List.copyOf(to),
        List.copyOf(hostNetwork),
        List.copyOf(unpermitted),
        known.stream()
            .map(namespaces::get)
            .filter(Objects::nonNull)
            .filter(NamespaceRecord::forbidsItsSidecars)
            .toList());
  }

  /** What is left with these pods alone, by UID, and no more than {@code most} unpermitted ones. */
  Selection among(Set<String> fromUids, Set<String> toUids, int most) {
    return new Selection(
        from.stream().filter(pod -> fromUids.contains(pod.uid())).toList(),
        to.stream().filter(pod -> toUids.contains(pod.uid())).toList(),
        hostNetwork,
        unpermitted.stream().limit(most).toList(),
        forbidding);
  }

  /** The namespaces' names in their order, so that the same input gives the same output. */
  private static SortedSet<String> selected(
      CompiledPeering.Destination destination,
      String home,
      Map<String, NamespaceRecord> namespaces) {
    var names = new TreeSet<String>();
    var selector = destination.namespaces();
    if (selector == null) {
      names.add(home);
      return names;
    }
    for (var namespace : namespaces.values()) {
      if (selector.matches(namespace.labels())) {
        names.add(namespace.name());
      }
    }
    return names;
  }

  private static List<PodRecord> sealable(List<PodRecord> selected, Set<PodRecord> hostNetwork) {
    var sealable = new ArrayList<PodRecord>();
    for (var pod : selected) {
      if (pod.sealable()) {
        sealable.add(pod);
      } else if (pod.hostNetwork()) {
        hostNetwork.add(pod);
      }
    }
    return List.copyOf(sealable);
  }
}
