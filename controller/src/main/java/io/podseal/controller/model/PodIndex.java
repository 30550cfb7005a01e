package io.podseal.controller.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds pods of a namespace by labels without looking at all of them. */
final class PodIndex {
  private record Label(String namespace, String key, String value) {}

  private final Map<String, List<PodRecord>> byNamespace = new HashMap<>();
  private final Map<Label, List<PodRecord>> byLabel = new HashMap<>();

  /** Finished pods are left out. */
  PodIndex(Collection<PodRecord> pods) {
    pods.stream()
        .filter(pod -> !pod.finished())
        .sorted(Comparator.comparing(PodRecord::uid))
        .forEach(pod -> {
          byNamespace.computeIfAbsent(pod.namespace(), n -> new ArrayList<>()).add(pod);
          pod.labels()
              .forEach((key, value) ->
                  byLabel
                      .computeIfAbsent(
                          new Label(pod.namespace(), key, value), l -> new ArrayList<>())
                      .add(pod));
        });
  }

  /** Pods that match, by UID. */
  List<PodRecord> select(String namespace, LabelQuery query) {
    var candidates = byNamespace.getOrDefault(namespace, List.of());
    for (var label : query.equal().entrySet()) {
      var narrower =
          byLabel.getOrDefault(new Label(namespace, label.getKey(), label.getValue()), List.of());
      if (narrower.size() < candidates.size()) {
        candidates = narrower;
      }
    }
    return candidates.stream().filter(pod -> query.matches(pod.labels())).toList();
  }
}
