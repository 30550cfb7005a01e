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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * All metrics of the controller, by name: {@code podseal_...}.
 *
 * <p>No label names a pod or a pair, so that their number stays bounded. Safe for use by several
 * threads.
 */
public final class ControllerMetrics {
  private final MeterRegistry registry;
  private final InstantSource clock;
  private final AtomicInteger desired = new AtomicInteger();
  private final AtomicInteger keyed = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicReference<IntSupplier> streams = new AtomicReference<>(() -> 0);
  private final AtomicReference<IntSupplier> keyEpoch = new AtomicReference<>(() -> 0);
  private final Timer reconcile;
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
    gauge("podseal.streams", "Sidecars that are connected.", () -> streams.get().getAsInt());
    gauge("podseal.key.epoch", "Newest key epoch in force.", () -> keyEpoch.get().getAsInt());
    reconcile =
        Timer.builder("podseal.reconcile")
            .description("Time of one pass from caches to policies.")
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

  /** Publishes how many streams are open; the source of the newest term counts. */
  public void watchStreams(IntSupplier open) {
    streams.set(open);
  }

  /** Publishes the newest key epoch; the source of the newest term counts. */
  public void watchKeyEpoch(IntSupplier epoch) {
    keyEpoch.set(epoch);
  }

  /** Publishes whether this replica leads. */
  public void watchLeader(BooleanSupplier leading) {
    gauge("podseal.leader", "1 if this replica leads.", () -> leading.getAsBoolean() ? 1 : 0);
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

  private void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).strongReference(true).register(registry);
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
