package io.podseal.controller.reconcile;

import io.podseal.controller.model.AcceptedPeerings;
import io.podseal.controller.model.ConditionState;
import io.podseal.controller.model.GraphBuilder;
import io.podseal.controller.model.ObjectReport;
import io.podseal.controller.model.PeerGraph;
import io.podseal.controller.model.SidecarProgress;
import io.podseal.controller.model.StatusEvaluator;
import io.podseal.controller.model.Subject;
import io.podseal.controller.model.Verdict;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.crds.v1alpha1.PairCounts;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The two passes that keep the world as the model says: one computes policies and never waits for
 * the API server, the other writes statuses. Every replica computes, so that the next leader knows
 * what the last one accepted; one that starts takes it from the statuses.
 *
 * <p>{@link #compute} and {@link #writeStatuses} each belong to one thread; the others may be
 * called by any.
 */
public final class Reconciler {
  private final ClusterCaches caches;
  private final ControllerMetrics metrics;
  private final String trustDomain;
  private final int maxPeers;
  private final InstantSource clock;
  private final AtomicReference<@Nullable Instant> changedSince;
  private @Nullable AcceptedPeerings accepted;
  private volatile PeerGraph graph = PeerGraph.EMPTY;
  private volatile List<Verdict> verdicts = List.of();
  private volatile List<ObjectReport> others = List.of();

  /** Passes that have not run yet. */
  public Reconciler(
      ClusterCaches caches,
      ControllerMetrics metrics,
      String trustDomain,
      int maxPeers,
      InstantSource clock) {
    this.caches = caches;
    this.metrics = metrics;
    this.trustDomain = trustDomain;
    this.maxPeers = maxPeers;
    this.clock = clock;
    this.changedSince = new AtomicReference<>(clock.instant());
  }

  /** The next {@link #compute} looks at the cluster anew. */
  public void clusterChanged() {
    changedSince.compareAndSet(null, clock.instant());
  }

  /** Runs the model if the cluster changed, and returns since when it had, if it ran. */
  public Optional<Instant> compute() {
    var since = changedSince.getAndSet(null);
    if (since == null) {
      return Optional.empty();
    }
    try {
      metrics.timeReconcile(this::runModel);
    } catch (RuntimeException e) {
      // The next run has it to do.
      changedSince.set(since);
      throw e;
    }
    return Optional.of(since);
  }

  /** What the last {@link #compute} found. */
  public PeerGraph graph() {
    return graph;
  }

  /**
   * Writes the statuses that are not what they should be.
   *
   * @param sidecars progress of the connected sidecars, by pod UID
   * @param patient whether sidecars may still be on their way here: what a status says of their
   *     progress is not taken back
   */
  public void writeStatuses(
      StatusWriter writer, Map<String, SidecarProgress> sidecars, boolean patient) {
    var current = verdicts;
    var reports = others;
    var evaluator = new StatusEvaluator(sidecars);
    int desired = 0;
    int keyed = 0;
    int active = 0;
    for (var verdict : current) {
      var report = evaluator.evaluate(verdict);
      desired += report.pairs().desired();
      keyed += report.pairs().keyed();
      active += report.pairs().active();
      var subject = verdict.peering().subject();
      if (!patient || !caches.status(subject).filter(known -> known.isAhead(report)).isPresent()) {
        write(writer, subject, report.conditions(), report.pairs());
      }
    }
    metrics.pairs(desired, keyed, active);
    for (var report : reports) {
      write(writer, report.subject(), report.conditions(), null);
    }
    writer.retain(
        Stream.concat(
                current.stream().map(verdict -> verdict.peering().uid()),
                reports.stream().map(report -> report.subject().uid()))
            .collect(Collectors.toSet()));
  }

  private void write(
      StatusWriter writer,
      Subject subject,
      List<ConditionState> conditions,
      @Nullable PairCounts pairs) {
    writer.write(subject, conditions, pairs, caches.status(subject).orElse(null));
  }

  private void runModel() {
    var snapshot = caches.snapshot();
    var previous = accepted == null ? AcceptedPeerings.remembered(caches.inForce()) : accepted;
    var result = GraphBuilder.build(snapshot, trustDomain, maxPeers, previous);
    accepted = result.accepted();
    graph = result.graph();
    verdicts = result.verdicts();
    others = result.reports();
  }
}
