package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** A SecurePeering without its status. */
public record PeeringRecord(
    String uid,
    String namespace,
    String name,
    long generation,
    Instant created,
    @Nullable SecurePeeringSpec spec) {

  /** The order in which peerings win conflicts: oldest first, then by name. */
  static final Comparator<PeeringRecord> SENIORITY =
      Comparator.comparing(PeeringRecord::created)
          .thenComparing(PeeringRecord::namespace)
          .thenComparing(PeeringRecord::name);

  /** What its status and its Events are about. */
  public Subject subject() {
    return new Subject(Subject.Kind.SECURE_PEERING, uid, namespace, name, generation);
  }

  /** Namespace and name. */
  public String key() {
    return namespace + "/" + name;
  }
}
