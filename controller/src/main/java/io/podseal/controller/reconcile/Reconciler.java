package io.podseal.controller.reconcile;

import io.podseal.controller.model.AcceptedPeerings;
import io.podseal.controller.model.ClusterSnapshot;
import io.podseal.controller.model.GraphBuilder;
import io.podseal.controller.model.PeerGraph;
import io.podseal.controller.model.PeeringRecord;
import io.podseal.controller.model.SidecarProgress;
import io.podseal.controller.model.StatusEvaluator;
import io.podseal.controller.model.Verdict;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.crds.v1alpha1.SecurePeeringStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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
      Supplier<ClusterSnapshot> snapshot,
      Function<PeeringRecord, Optional<SecurePeeringStatus>> statuses,
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
  private PeerGraph graph = PeerGraph.EMPTY;
  private volatile List<Verdict> verdicts = List.of();

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

  /** Writes the statuses that are not what they should be. */
  public void writeStatuses() {
    var current = verdicts;
    var evaluator = new StatusEvaluator(env.progress().get());
    int desired = 0;
    int keyed = 0;
    int active = 0;
    for (var verdict : current) {
      var report = evaluator.evaluate(verdict);
      desired += report.pairs().desired();
      keyed += report.pairs().keyed();
      active += report.pairs().active();
      writer.write(verdict.peering(), report, env.statuses().apply(verdict.peering()).orElse(null));
    }
    metrics.pairs(desired, keyed, active);
    writer.retain(
        current.stream().map(verdict -> verdict.peering().uid()).collect(Collectors.toSet()));
  }

  private void runModel() {
    var result = GraphBuilder.build(env.snapshot().get(), trustDomain, maxPeers, accepted);
    accepted = result.accepted();
    graph = result.graph();
    verdicts = result.verdicts();
  }
}
