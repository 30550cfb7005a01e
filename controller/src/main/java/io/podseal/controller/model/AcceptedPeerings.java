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
 * last accepted form stays in force, for as many pods as it had. Opaque and immutable.
 *
 * <p>A controller that starts knows only from a status that a peering is in force, not for which
 * pods: it takes the oldest.
 */
public final class AcceptedPeerings {
  /** What is known where there was no peering. */
  public static final AcceptedPeerings NONE = new AcceptedPeerings(Map.of(), 0);

  private final Map<String, InForce> byUid;
  private final Set<String> remembered;
  private final int pairs;

  /** What a controller knows when it starts: the UIDs of the peerings that are in force. */
  public static AcceptedPeerings remembered(Set<String> inForce) {
    return new AcceptedPeerings(Map.of(), inForce, 0);
  }

  /**
   * One peering.
   *
   * @param from UIDs of the pods that were paired as its {@code from}
   * @param to the same of its {@code to}
   * @param sealed whether it ever paired any, since when nothing of it may open again
   */
  record InForce(CompiledPeering form, Set<String> from, Set<String> to, boolean sealed) {
    static InForce of(CompiledPeering form, Selection selection, @Nullable InForce last) {
      var from = uids(selection.from());
      var to = uids(selection.to());
      boolean sealedBefore = last != null && last.sealed();
      return new InForce(form, from, to, sealedBefore || (!from.isEmpty() && !to.isEmpty()));
    }

    /** Of a peering that never paired any. */
    static InForce nothing(CompiledPeering form) {
      return new InForce(form, Set.of(), Set.of(), false);
    }

    /** Of a peering that paired some, nobody knows which. */
    static InForce remembered(CompiledPeering form) {
      return new InForce(form, Set.of(), Set.of(), true);
    }

    boolean pairs(PodRecord one, PodRecord other) {
      return from.contains(one.uid()) && to.contains(other.uid());
    }

    private static Set<String> uids(List<PodRecord> pods) {
      return pods.stream().map(PodRecord::uid).collect(Collectors.toUnmodifiableSet());
    }
  }

  /**
   * After a pass.
   *
   * @param pairs how many it made in all
   */
  AcceptedPeerings(Map<String, InForce> byUid, int pairs) {
    this(byUid, Set.of(), pairs);
  }

  private AcceptedPeerings(Map<String, InForce> byUid, Set<String> remembered, int pairs) {
    this.byUid = Map.copyOf(byUid);
    this.remembered = Set.copyOf(remembered);
    this.pairs = pairs;
  }

  /** How many pairs were in force. */
  int pairs() {
    return pairs;
  }

  @Nullable InForce of(PeeringRecord peering) {
    return byUid.get(peering.uid());
  }

  /** Whether it was in force before this controller started. */
  boolean remembers(PeeringRecord peering) {
    return remembered.contains(peering.uid());
  }
}
