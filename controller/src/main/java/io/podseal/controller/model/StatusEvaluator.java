package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.PairCounts;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** From a verdict and the progress of the sidecars to what a peering's status says. */
public final class StatusEvaluator {
  private static final int MAX_PROBLEM_LENGTH = 256;

  /** Conditions and counts of one peering. */
  public record Report(List<ConditionState> conditions, PairCounts pairs) {}

  private final Map<String, SidecarProgress> sidecars;

  /**
   * An evaluator for one moment.
   *
   * @param sidecars progress of the connected sidecars, by pod UID
   */
  public StatusEvaluator(Map<String, SidecarProgress> sidecars) {
    this.sidecars = sidecars;
  }

  /** What the status of the verdict's peering should be. */
  public Report evaluate(Verdict verdict) {
    int keyed = 0;
    int active = 0;
    for (var pair : verdict.pairs()) {
      if (acknowledged(pair.one(), pair.other()) && acknowledged(pair.other(), pair.one())) {
        keyed++;
      }
      if (live(pair.one(), pair.other()) || live(pair.other(), pair.one())) {
        active++;
      }
    }
    var counts = PairCounts.of(verdict.pairs().size(), keyed, active);
    return new Report(
        List.of(verdict.accepted(), verdict.resolvedRefs(), ready(verdict, counts)), counts);
  }

  private ConditionState ready(Verdict verdict, PairCounts counts) {
    if (!verdict.accepted().holds()) {
      return notReady(verdict.accepted().reason(), verdict.accepted().message());
    }
    if (!verdict.hostNetworkPods().isEmpty()) {
      return notReady(
          Reasons.HOST_NETWORK,
          some(verdict.hostNetworkPods())
              + " shares its node's addresses and cannot be sealed: remove hostNetwork or select"
              + " other pods");
    }
    if (!verdict.forbiddingNamespaces().isEmpty()) {
      var namespace = verdict.forbiddingNamespaces().getFirst();
      return notReady(
          Reasons.POD_SECURITY_FORBIDS,
          "namespace "
              + namespace.name()
              + " enforces Pod Security level '"
              + namespace.podSecurity()
              + "', which refuses pods with the sidecar: kubectl label --overwrite namespace "
              + namespace.name()
              + " pod-security.kubernetes.io/enforce=privileged");
    }
    if (verdict.pairs().isEmpty()
        && verdict.resolvedRefs().reason().equals(Reasons.NOT_PERMITTED)) {
      return notReady(Reasons.NOT_PERMITTED, "no selected pair is permitted, see ResolvedRefs");
    }
    if (verdict.pairs().isEmpty()) {
      return notReady(Reasons.NO_PODS, "no two running pods match `from` and `to`");
    }
    var bare = those(verdict, pod -> !pod.injected());
    if (!bare.isEmpty()) {
      return notReady(
          Reasons.SIDECAR_MISSING,
          some(bare)
              + " has no sidecar: label the namespace podseal.io/inject=true and restart the pod");
    }
    if (!verdict.contestedPods().isEmpty()) {
      return notReady(
          Reasons.ADDRESS_CONFLICT,
          some(verdict.contestedPods())
              + " has an address that another live pod holds too; its traffic is refused until one"
              + " of them is gone");
    }
    var absent = those(verdict, pod -> !sidecars.containsKey(pod.uid()));
    if (!absent.isEmpty()) {
      return notReady(
          Reasons.SIDECAR_NOT_CONNECTED,
          some(absent) + " is not connected: see the log of its container podseal");
    }
    var failing = those(verdict, pod -> !progress(pod).problem().isEmpty());
    if (!failing.isEmpty()) {
      return notReady(
          Reasons.SIDECAR_REFUSED,
          some(failing)
              + " could not apply its policy: "
              + shortened(progress(failing.getFirst()).problem()));
    }
    var keyed = counts.keyed() + " of " + counts.desired() + " pairs have their keys";
    return counts.keyed() < counts.desired()
        ? notReady(Reasons.AWAITING_ACKNOWLEDGEMENT, keyed)
        : ConditionState.yes(Reasons.READY, Reasons.ALL_PAIRS_KEYED, keyed);
  }

  private boolean acknowledged(PodRecord pod, PodRecord peer) {
    return progress(pod).acknowledged().contains(peer.uid());
  }

  private boolean live(PodRecord pod, PodRecord peer) {
    return progress(pod).live().contains(peer.uid());
  }

  private SidecarProgress progress(PodRecord pod) {
    return sidecars.getOrDefault(pod.uid(), SidecarProgress.NONE);
  }

  private static List<PodRecord> those(Verdict verdict, Predicate<PodRecord> condition) {
    return verdict.pods().stream().filter(condition).toList();
  }

  private static String some(List<PodRecord> pods) {
    return "pod "
        + pods.getFirst().display()
        + (pods.size() > 1 ? " (and " + (pods.size() - 1) + " more)" : "");
  }

  private static String shortened(String text) {
    return text.length() <= MAX_PROBLEM_LENGTH
        ? text
        : text.substring(0, MAX_PROBLEM_LENGTH) + "...";
  }

  private static ConditionState notReady(String reason, String message) {
    return ConditionState.no(Reasons.READY, reason, message);
  }
}
