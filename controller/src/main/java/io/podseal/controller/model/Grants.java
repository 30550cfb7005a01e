package io.podseal.controller.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which namespaces consent to being named in whose peerings.
 *
 * <p>A grant that cannot be read permits nothing.
 */
final class Grants {
  private static final int MAX_ITEMS = 64;

  private record Permission(Set<String> from, LabelQuery to) {}

  private final Map<String, List<Permission>> byNamespace = new HashMap<>();
  private final List<ObjectReport> reports = new ArrayList<>();

  Grants(Collection<GrantRecord> grants) {
    grants.stream()
        .sorted(Comparator.comparing(grant -> grant.subject().key()))
        .forEach(grant -> reports.add(new ObjectReport(grant.subject(), List.of(read(grant)))));
  }

  /** Whether a peering of {@code namespace} may pair with {@code pod}. */
  boolean permit(String namespace, PodRecord pod) {
    return byNamespace.getOrDefault(pod.namespace(), List.of()).stream()
        .anyMatch(permission ->
            permission.from().contains(namespace) && permission.to().matches(pod.labels()));
  }

  /** Whether peerings of {@code namespace} may pair with pods of {@code other}, whichever. */
  boolean know(String namespace, String other) {
    return byNamespace.getOrDefault(other, List.of()).stream()
        .anyMatch(permission -> permission.from().contains(namespace));
  }

  List<ObjectReport> reports() {
    return List.copyOf(reports);
  }

  private ConditionState read(GrantRecord grant) {
    try {
      var permission = compile(grant);
      byNamespace
          .computeIfAbsent(grant.subject().namespace(), n -> new ArrayList<>())
          .add(permission);
      return ConditionState.yes(
          Reasons.ACCEPTED,
          Reasons.ACCEPTED,
          "peerings of these namespaces are permitted: " + String.join(", ", permission.from()));
    } catch (SpecException e) {
      return ConditionState.no(
          Reasons.ACCEPTED, e.reason(), e.explanation() + "; it permits nothing");
    }
  }

  private static Permission compile(GrantRecord grant) throws SpecException {
    var spec = grant.spec();
    if (spec == null || spec.to() == null) {
      throw SpecException.invalid("spec.to is missing");
    }
    if (spec.from() == null || spec.from().isEmpty() || spec.from().size() > MAX_ITEMS) {
      throw SpecException.invalid("spec.from must have 1 to " + MAX_ITEMS + " entries");
    }
    var from = new TreeSet<String>();
    for (var source : spec.from()) {
      if (source == null || source.namespace() == null || source.namespace().isEmpty()) {
        throw SpecException.invalid("spec.from has an entry without namespace");
      }
      from.add(source.namespace());
    }
    return new Permission(from, LabelQuery.parse(spec.to().podSelector(), "spec.to.podSelector"));
  }
}
