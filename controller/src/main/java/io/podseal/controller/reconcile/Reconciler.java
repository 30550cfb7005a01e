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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The two passes that keep the world as the model says: one publishes policies and never waits for
 * the API server, the other writes statuses.
 *
 * <p>{@link #publishPolicies} and {@link #writeStatuses} each belong to one thread; {@link
 * #clusterChanged} may be called by any.
 */
public final class Reconciler {
  /** What surrounds the passes. */
  public record Environment(
      ClusterCaches caches,
      Supplier<Map<String, SidecarProgress>> progress,
      Consumer<PeerGraph> publisher,
      Runnable verdictsChanged) {}

  private final Environment env;
  private final StatusWriter writer;
  private final ControllerMetrics metrics;
  private final String trustDomain;
  private final int maxPeers;
  private final AtomicBoolean changed = new AtomicBoolean(true);
  private AcceptedPeerings accepted = AcceptedPeerings.NONE;
  private volatile PeerGraph graph = PeerGraph.EMPTY;
  private volatile List<Verdict> verdicts = List.of();
  private volatile List<ObjectReport> others = List.of();

  /** Passes that have not run yet. */
  public Reconciler(
      Environment env,
      StatusWriter writer,
      ControllerMetrics metrics,
      String trustDomain,
      int maxPeers) {
    this.env = env;
    this.writer = writer;
    this.metrics = metrics;
    this.trustDomain = trustDomain;
    this.maxPeers = maxPeers;
  }

  /** The next {@link #publishPolicies} looks at the cluster anew. */
  public void clusterChanged() {
    changed.set(true);
  }

  /** Runs the model if the cluster changed, and tells the sidecars what changed for them. */
  public void publishPolicies() {
    if (changed.getAndSet(false)) {
      metrics.timeReconcile(this::runModel);
      env.verdictsChanged().run();
    }
    env.publisher().accept(graph);
  }

  /** How many pods with a sidecar there are. */
  public int podsWithPolicy() {
    return graph.policies().size();
  }

  /** Writes the statuses that are not what they should be. */
  public void writeStatuses() {
    var current = verdicts;
    var reports = others;
    var evaluator = new StatusEvaluator(env.progress().get());
    int desired = 0;
    int keyed = 0;
    int active = 0;
    for (var verdict : current) {
      var report = evaluator.evaluate(verdict);
      desired += report.pairs().desired();
      keyed += report.pairs().keyed();
      active += report.pairs().active();
      write(verdict.peering().subject(), report.conditions(), report.pairs());
    }
    metrics.pairs(desired, keyed, active);
    for (var report : reports) {
      write(report.subject(), report.conditions(), null);
    }
    writer.retain(
        Stream.concat(
                current.stream().map(verdict -> verdict.peering().uid()),
                reports.stream().map(report -> report.subject().uid()))
            .collect(Collectors.toSet()));
  }

  private void write(Subject subject, List<ConditionState> conditions, @Nullable PairCounts pairs) {
    writer.write(subject, conditions, pairs, env.caches().status(subject).orElse(null));
  }

  private void runModel() {
    var result = GraphBuilder.build(env.caches().snapshot(), trustDomain, maxPeers, accepted);
    accepted = result.accepted();
    graph = result.graph();
    verdicts = result.verdicts();
    others = result.reports();
  }
}
