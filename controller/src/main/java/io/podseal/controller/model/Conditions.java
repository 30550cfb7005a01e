package io.podseal.controller.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the model says of an object, in words that name what to do next. */
final class Conditions {
  private static final int NAMED_AT_MOST = 3;

  private Conditions() {}

  static ObjectReport externalPeer(ExternalPeerRecord peer) {
    return new ObjectReport(
        peer.subject(),
        List.of(
            ConditionState.yes(Reasons.ACCEPTED, Reasons.ACCEPTED, "the spec is good"),
            ConditionState.no(
                Reasons.PROGRAMMED,
                Reasons.NOT_YET_SUPPORTED,
                "peers outside of the cluster are not sealed with yet; nothing of this is in"
                    + " force")));
  }

  /**
   * Why a peering is in force otherwise than its spec says.
   *
   * @param problem of the spec, so that an older one is in force
   * @param crowding what is said of a peering that selects too many pods; else empty
   */
  record Hindrances(@Nullable SpecException problem, String crowding) {
    static Hindrances of(@Nullable SpecException problem) {
      return new Hindrances(problem, "");
    }
  }

  static ConditionState accepted(
      CompiledPeering inForce, Hindrances hindrances, SortedSet<String> conflicts) {
    var problem = hindrances.problem();
    if (problem != null) {
      return ConditionState.no(
          Reasons.ACCEPTED,
          problem.reason(),
          problem.explanation()
              + (inForce.lostItsProfile()
                  ? "; until this is corrected it is sealed with the built-in algorithms, as the"
                      + " controller that knew its profile is gone"
                  : "; generation "
                      + inForce.source().generation()
                      + " stays in force until this is corrected"));
    }
    if (!hindrances.crowding().isEmpty()) {
      return ConditionState.no(Reasons.ACCEPTED, Reasons.TOO_MANY_PAIRS, hindrances.crowding());
    }
    if (!conflicts.isEmpty()) {
      return ConditionState.no(
          Reasons.ACCEPTED,
          Reasons.CONFLICTED,
          "some of its pairs are sealed with the profile of the older peering "
              + names(conflicts)
              + "; use the same profile in both");
    }
    return ConditionState.yes(Reasons.ACCEPTED, Reasons.ACCEPTED, "the peering is in force");
  }

  static ConditionState resolvedRefs(
      CompiledPeering peering, Selection selection, @Nullable SpecException problem) {
    if (problem != null) {
      return unresolvedRefs(problem);
    }
    if (!selection.unpermitted().isEmpty()) {
      var where = new TreeSet<String>();
      selection.unpermitted().forEach(pod -> where.add(pod.namespace()));
      return ConditionState.no(
          Reasons.RESOLVED_REFS,
          Reasons.NOT_PERMITTED,
          "no PeeringGrant permits "
              + selection.unpermitted().size()
              + " of the selected pods, in namespace "
              + names(where)
              + ": they are not paired"
              + (peering.mode() == Mode.STRICT ? " and, as the mode is Strict, shut out" : "")
              + "; create one there with `from: [{namespace: "
              + peering.source().namespace()
              + "}]`");
    }
    return ConditionState.yes(
        Reasons.RESOLVED_REFS, Reasons.RESOLVED_REFS, "all references are resolved");
  }

  static ConditionState unresolvedRefs(SpecException problem) {
    return problem.reason().equals(Reasons.PROFILE_NOT_FOUND)
            || problem.reason().equals(Reasons.PROFILE_INVALID)
        ? ConditionState.no(Reasons.RESOLVED_REFS, problem.reason(), problem.explanation())
        : ConditionState.unknown(
            Reasons.RESOLVED_REFS, Reasons.NOT_CHECKED, "the peering was not accepted");
  }

  private static String names(Collection<String> names) {
    var first = new ArrayList<>(names).subList(0, Math.min(names.size(), NAMED_AT_MOST));
    return String.join(", ", first)
        + (names.size() > NAMED_AT_MOST ? " and " + (names.size() - NAMED_AT_MOST) + " more" : "");
  }
}
