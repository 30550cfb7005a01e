package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.Logger;

/**
 * Says which replica leads: competes for the Lease {@code podseal-controller}, again after each
 * loss, and lets go of it at the end.
 *
 * <p>Both callbacks run on one thread of its own, in turn, and must not wait for the API server.
 */
public final class Leadership implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal.election");

  /** A standby leads within 5 s of a leader's sudden death: this, and two of its looks. */
  private static final Duration LEASE = Duration.ofSeconds(3);

  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(2);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration LAST_TERM_ENDS = Duration.ofSeconds(8);

  private enum Change {
    WON,
    LOST,
    OVER
  }

  private final KubernetesClient client;
  private final String namespace;
  private final String identity;
  private final Runnable begin;
  private final Runnable end;
  private final BlockingQueue<Change> changes = new LinkedBlockingQueue<>();
  private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
  private final Thread thread =
      Thread.ofPlatform().name("podseal election").daemon().unstarted(this::run);
  private volatile CompletableFuture<?> candidacy = CompletableFuture.completedFuture(null);
  private volatile boolean leading;
  private volatile boolean closing;

  /**
   * A candidate that does not compete yet.
   *
   * @param identity what the Lease calls this replica
   * @param begin starts what only the leader does
   * @param end stops it
   */
  public Leadership(
      KubernetesClient client, String namespace, String identity, Runnable begin, Runnable end) {
    this.client = client;
    this.namespace = namespace;
    this.identity = identity;
    this.begin = begin;
    this.end = end;
  }

  /** Begins to compete. */
  public void start() {
    thread.start();
  }

  /** Whether this replica leads. */
  public boolean leading() {
    return leading;
  }

  /** Ends the term, if there is one, and then releases the Lease, so that another leads at once. */
  @Override
  public void close() {
    closing = true;
    changes.add(Change.OVER);
    try {
      thread.join(LAST_TERM_ENDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    candidacy.cancel(true);
    requests.shutdownNow();
  }

  private void run() {
    try {
      while (!closing) {
        candidacy = elector().start();
        var _ = candidacy.whenComplete((nothing, problem) -> changes.add(Change.OVER));
        var change = changes.take();
        while (change != Change.OVER) {
          lead(change == Change.WON && !closing);
          change = changes.take();
        }
        lead(false);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the election", e);
    }
  }

  private void lead(boolean now) {
    if (now == leading) {
      return;
    }
    leading = now;
    LOG.infof(now ? "%s leads" : "%s stands by", identity);
    (now ? begin : end).run();
  }

  private LeaderElector elector() {
    return new LeaderElector(
        client,
        new LeaderElectionConfigBuilder()
            .withName(ElectionLease.NAME)
            .withLock(new ElectionLease(namespace, identity, LEASE))
            .withLeaseDuration(LEASE)
            .withRenewDeadline(RENEW_DEADLINE)
            .withRetryPeriod(RETRY)
            .withReleaseOnCancel(true)
            .withLeaderCallbacks(
                new LeaderCallbacks(
                    () -> changes.add(Change.WON),
                    () -> changes.add(Change.LOST),
                    leader -> LOG.debugf("the Lease is held by %s", leader)))
            .build(),
        requests);
  }
}
