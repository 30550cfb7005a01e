package io.podseal.controller.model;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was in force of each peering, carried from one pass to the next.
 *
 * <p>An edit that makes a peering invalid, or one pod too many, must not open what it sealed: its
 * last accepted form stays in force, for the pods that it had. Opaque and immutable.
 */
public final class AcceptedPeerings {
  /** What a controller knows when it starts. */
  public static final AcceptedPeerings NONE = new AcceptedPeerings(Map.of());

  private final Map<String, InForce> byUid;

  /**
   * One peering.
   *
   * @param from UIDs of the pods that were paired as its {@code from}
   * @param to the same of its {@code to}
   */
  record InForce(CompiledPeering form, Set<String> from, Set<String> to) {
    static InForce of(CompiledPeering form, Selection selection) {
      return new InForce(form, uids(selection.from()), uids(selection.to()));
    }

    /** Of a peering that pairs nobody. */
    static InForce nothing(CompiledPeering form) {
      return new InForce(form, Set.of(), Set.of());
    }

    private static Set<String> uids(List<PodRecord> pods) {
      return pods.stream().map(PodRecord::uid).collect(Collectors.toUnmodifiableSet());
    }
  }

  AcceptedPeerings(Map<String, InForce> byUid) {
    this.byUid = Map.copyOf(byUid);
  }

  @Nullable InForce of(PeeringRecord peering) {
    return byUid.get(peering.uid());
  }
}
