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
import org.jspecify.annotations.Nullable;

/**
 * Says which replica leads: competes for the Lease {@code podseal-controller}, again after each
 * loss, and lets go of it at the end.
 *
 * <p>Safe for use by several threads.
 */
public final class Leadership implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal.election");

  /**
   * A standby serves within 5 s of a leader's sudden death: this, two of its looks, and the start
   * of its term.
   */
  private static final Duration LEASE = Duration.ofSeconds(2);

  /** Shorter than the Lease by a request's time, so that two never lead at once. */
  private static final Duration RENEW_DEADLINE = Duration.ofMillis(1_400);

  /** The pause of the leader; the elector makes it up to 2.2 times longer for a standby. */
  private static final Duration RETRY = Duration.ofMillis(300);

  private static final Duration LAST_TERM_ENDS = Duration.ofSeconds(8);

  /**
   * What becomes of this replica; called on one thread, in turn; must not wait for the API server.
   */
  public interface Candidate {
    /** It leads, for the first time or again. */
    void won();

    /**
     * It could not renew the Lease and does not know who has it. Where the API server is gone
     * nobody can, so that what does not write may go on.
     */
    void lost();

    /** Another replica leads, or this one stops. */
    void followed();
  }

  private enum Change {
    WON,
    LOST,
    FOLLOWED,
    OVER
  }

  private final KubernetesClient client;
  private final String namespace;
  private final String identity;
  private final Candidate candidate;
  private final BlockingQueue<Change> changes = new LinkedBlockingQueue<>();
  private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
  private final Thread thread =
      Thread.ofPlatform().name("podseal election").daemon().unstarted(this::run);
  private volatile CompletableFuture<?> candidacy = CompletableFuture.completedFuture(null);
  private volatile boolean leading;
  private volatile String leader = "";
  private volatile boolean closing;

  /**
   * A candidate that does not compete yet.
   *
   * @param identity what the Lease calls this replica
   */
  public Leadership(
      KubernetesClient client, String namespace, String identity, Candidate candidate) {
    this.client = client;
    this.namespace = namespace;
    this.identity = identity;
    this.candidate = candidate;
  }

  /** Begins to compete. */
  public void start() {
    thread.start();
  }

  /** Whether this replica leads. */
  public boolean leading() {
    return leading;
  }

  /** Who leads, as far as this replica knows; empty before it looked. */
  public String leader() {
    return leader;
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
          turn(change);
          change = changes.take();
        }
        turn(Change.LOST);
      }
      candidate.followed();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the election", e);
    }
  }

  private void turn(Change change) {
    boolean now = change == Change.WON && !closing;
    if (change == Change.FOLLOWED) {
      LOG.infof("%s stands by for %s", identity, leader);
      leading = false;
      candidate.followed();
    } else if (now != leading) {
      leading = now;
      if (now) {
        LOG.infof("%s leads", identity);
        candidate.won();
      } else {
        LOG.warnf("%s could not renew the Lease", identity);
        candidate.lost();
      }
    }
  }

  private void observe(@Nullable String holder) {
    leader = holder == null ? "" : holder;
    if (!leader.isEmpty() && !leader.equals(identity)) {
      changes.add(Change.FOLLOWED);
    }
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
                    () -> changes.add(Change.WON), () -> changes.add(Change.LOST), this::observe))
            .build(),
        requests);
  }
}
