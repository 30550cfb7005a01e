package io.podseal.controller.model;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The pods that a peering selects.
 *
 * @param from sealable pods of {@code from}, each once
 * @param to sealable pods of {@code to}, each once
 * @param hostNetwork selected pods that share their node's addresses
 * @param foreign namespaces that {@code to} selects and that have not permitted it
 */
record Selection(
    List<PodRecord> from, List<PodRecord> to, List<PodRecord> hostNetwork, Set<String> foreign) {

  static Selection of(
      CompiledPeering peering, PodIndex pods, Map<String, NamespaceRecord> namespaces) {
    var home = peering.source().namespace();
    var hostNetwork = new LinkedHashSet<PodRecord>();
    var from = sealable(pods.select(home, peering.from()), hostNetwork);
    var to = new LinkedHashSet<PodRecord>();
    var foreign = new TreeSet<String>();
    for (var destination : peering.to()) {
      var selector = destination.namespaces();
      boolean includesHome = selector == null;
      if (selector != null) {
        for (var namespace : namespaces.values()) {
          if (selector.matches(namespace.labels())) {
            if (namespace.name().equals(home)) {
              includesHome = true;
            } else {
              foreign.add(namespace.name());
            }
          }
        }
      }
      if (includesHome) {
        to.addAll(sealable(pods.select(home, destination.pods()), hostNetwork));
      }
    }
    return new Selection(from, List.copyOf(to), List.copyOf(hostNetwork), foreign);
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
