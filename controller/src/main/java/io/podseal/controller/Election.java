package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.podseal.controller.obs.RepeatGuard;
import io.podseal.controller.reconcile.ApiProblems;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes part in the election of a leader by the Lease {@code podseal-controller}, again and again:
 * who loses the Lease becomes a standby.
 *
 * <p>A leader that was killed is followed after at most {@link #LEASE} and a retry, one that stops
 * in order at the next retry.
 */
final class Election implements AutoCloseable {
  static final String LEASE_NAME = "podseal-controller";

  private static final Logger LOG = Logger.getLogger("podseal.election");
  private static final Duration LEASE = Duration.ofSeconds(4);

  /** Gives up a second before the others may take over. */
  private static final Duration RENEW = Duration.ofSeconds(3);

  private static final Duration RETRY = Duration.ofMillis(500);

  /** Learns how it went; must not block for long. */
  interface Listener {
    void elected();

    /** The Lease could not be renewed; who has it is not known. */
    void deposed();

    /** Somebody leads, perhaps this replica; empty while nobody does. */
    void observed(String leader);
  }

  private final KubernetesClient client;
  private final String namespace;
  private final String identity;
  private final LeaderCallbacks callbacks;
  private final RepeatGuard repeats;
  private final ExecutorService executor =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().name("podseal election ", 0).daemon().factory());
  private volatile @Nullable CompletableFuture<?> candidacy;
  private volatile String leader = "";
  private volatile boolean closing;

  /**
   * An election that this process has not joined yet.
   *
   * @param identity of this replica, the name of its pod
   */
  Election(
      KubernetesClient client,
      String namespace,
      String identity,
      InstantSource clock,
      Listener listener) {
    this.client = client;
    this.namespace = namespace;
    this.identity = identity;
    this.repeats = new RepeatGuard(clock, Duration.ofMinutes(1));
    this.callbacks =
        new LeaderCallbacks(
            listener::elected,
            listener::deposed,
            holder -> {
              leader = holder == null ? "" : holder;
              listener.observed(leader);
            });
  }

  void join() {
    executor.execute(this::run);
  }

  /** Who leads, empty while nobody is known to. */
  String leader() {
    return leader;
  }

  private void run() {
    while (!closing) {
      try {
        var running = elector();
        candidacy = running;
        running.join();
      } catch (CancellationException | CompletionException e) {
        if (!closing && repeats.due(String.valueOf(e.getMessage()))) {
          LOG.warn(ApiProblems.describe("hold the Lease " + LEASE_NAME, e));
        }
      } catch (RuntimeException e) {
        if (!closing && repeats.due(String.valueOf(e.getMessage()))) {
          LOG.warn(ApiProblems.describe("take part in the election", e));
        }
      }
      try {
        TimeUnit.NANOSECONDS.sleep(RETRY.toNanos());
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private CompletableFuture<?> elector() {
    return client
        .leaderElector()
        .withConfig(
            new LeaderElectionConfigBuilder()
                .withName(LEASE_NAME)
                .withLock(new LeaseLock(namespace, LEASE_NAME, identity))
                .withLeaseDuration(LEASE)
                .withRenewDeadline(RENEW)
                .withRetryPeriod(RETRY)
                .withReleaseOnCancel(true)
                .withLeaderCallbacks(callbacks)
                .build())
        .build()
        .start();
  }

  /** Gives the Lease back, so that another replica takes over at once. */
  @Override
  public void close() {
    closing = true;
    var running = candidacy;
    if (running != null) {
      running.cancel(true);
    }
    executor.shutdownNow();
  }
}
