package io.podseal.controller.obs;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * All metrics of the controller, by name: {@code podseal_...}.
 *
 * <p>No label names a pod or a pair, so that their number stays bounded. Safe for use by several
 * threads.
 */
public final class ControllerMetrics {
  /** From what nobody notices to what somebody is called for. */
  private static final Duration[] CONVERGENCE_BUCKETS =
      LongStream.of(10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry registry;
  private final InstantSource clock;
  private final AtomicInteger desired = new AtomicInteger();
  private final AtomicInteger keyed = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final Timer reconcile;
  private final Timer convergence;
  private final Timer tokenReview;
  private final Counter tokenReviewErrors;
  private final Counter fullUpdates;
  private final Counter deltaUpdates;
  private final Counter keyLosses;

  /** Registers the metrics. */
  public ControllerMetrics(MeterRegistry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
    pairs("desired", desired);
    pairs("keyed", keyed);
    pairs("active", active);
    reconcile =
        Timer.builder("podseal.reconcile")
            .description("Time of one pass from caches to policies.")
            .register(registry);
    convergence =
        Timer.builder("podseal.push.convergence")
            .description("From a change in the cluster to the last policy update that it makes.")
            .serviceLevelObjectives(CONVERGENCE_BUCKETS)
            .register(registry);
    tokenReview =
        Timer.builder("podseal.tokenreview")
            .description("Time of TokenReview requests.")
            .register(registry);
    tokenReviewErrors =
        Counter.builder("podseal.tokenreview.errors")
            .description("TokenReview requests that the API server could not answer.")
            .register(registry);
    fullUpdates = updates("full");
    deltaUpdates = updates("delta");
    keyLosses =
        Counter.builder("podseal.master.replaced")
            .description("Master keys that were lost or rolled back, and replaced.")
            .register(registry);
  }

  /** Publishes which build this is. */
  public void build(String version) {
    Gauge.builder("podseal.build.info", () -> 1)
        .tags("version", version)
        .description("The version of this build.")
        .strongReference(true)
        .register(registry);
  }

  /** Publishes how many streams are open. */
  public void watchStreams(IntSupplier open) {
    Gauge.builder("podseal.streams", open::getAsInt)
        .description("Sidecars that are connected.")
        .strongReference(true)
        .register(registry);
  }

  /** Publishes the newest key epoch. */
  public void watchKeyEpoch(IntSupplier epoch) {
    Gauge.builder("podseal.key.epoch", epoch::getAsInt)
        .description("Newest key epoch in force.")
        .strongReference(true)
        .register(registry);
  }

  /** Publishes how long a certificate is still valid, negative when it expired. */
  public void watchCertificate(String name, Supplier<Instant> expiry) {
    Gauge.builder(
            "podseal.certificate.expiry",
            () -> Duration.between(clock.instant(), expiry.get()).toSeconds())
        .tags("certificate", name)
        .baseUnit("seconds")
        .description("Time until the certificate expires.")
        .strongReference(true)
        .register(registry);
  }

  /** Publishes whether this replica leads. */
  public void watchLeader(BooleanSupplier leads) {
    Gauge.builder("podseal.leader", () -> leads.getAsBoolean() ? 1 : 0)
        .description("Whether this replica is the one that serves sidecars.")
        .strongReference(true)
        .register(registry);
  }

  /** The webhook decided about a pod, for a reason of a small fixed set. */
  public void injection(String result, String reason) {
    registry.counter("podseal.injections", Tags.of("result", result, "reason", reason)).increment();
  }

  /** The webhook was sent something that is no review. */
  public void reviewMalformed(String reason) {
    injection("malformed", reason);
  }

  /** The CA in the webhook's configuration was not ours. */
  public void caBundleMended() {
    registry.counter("podseal.webhook.ca.mended").increment();
  }

  /** A stream was refused or closed, for a reason of a small fixed set. */
  public void streamDenied(String reason) {
    registry.counter("podseal.streams.denied", Tags.of("reason", reason)).increment();
  }

  /** Sums over all peerings. */
  public void pairs(int desiredPairs, int keyedPairs, int activePairs) {
    desired.set(desiredPairs);
    keyed.set(keyedPairs);
    active.set(activePairs);
  }

  /** Runs one reconcile pass and measures it. */
  public void timeReconcile(Runnable pass) {
    reconcile.record(pass);
  }

  /** A change in the cluster reached every sidecar that it is about. */
  public void converged(Duration took) {
    convergence.record(took);
  }

  /** A TokenReview was answered. */
  public void tokenReviewed(Duration took) {
    tokenReview.record(took);
  }

  /** A TokenReview could not be had. */
  public void tokenReviewFailed() {
    tokenReviewErrors.increment();
  }

  /** A policy update was sent. */
  public void updateSent(boolean full) {
    (full ? fullUpdates : deltaUpdates).increment();
  }

  /** The master key was replaced because it was lost. */
  public void keysReplaced() {
    keyLosses.increment();
  }

  private void pairs(String state, AtomicInteger value) {
    Gauge.builder("podseal.pairs", value::get)
        .tags("state", state)
        .description("Pod pairs, summed over all peerings.")
        .strongReference(true)
        .register(registry);
  }

  private Counter updates(String kind) {
    return Counter.builder("podseal.policy.updates")
        .tags("kind", kind)
        .description("Policy updates sent to sidecars.")
        .register(registry);
  }
}
