package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.certs.AuthoritySecret;
import io.podseal.controller.certs.CertificateAuthority;
import io.podseal.controller.certs.ServingCertificate;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.reconcile.ApiProblems;
import io.podseal.controller.reconcile.ClusterCaches;
import io.podseal.controller.reconcile.Leadership;
import io.podseal.controller.reconcile.Reconciler;
import io.podseal.controller.reconcile.WorkLoop;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A whole controller: made of its parts here, started on its own thread, stopped by {@link #close}.
 * Every replica watches the cluster and computes policies; what only the leader does is in {@link
 * LeaderDuties}.
 *
 * <p>Threads: one starts it, then one publishes policies, one competes for the Lease, one watches
 * deadlines; the leader has one that writes to the API server; informers and gRPC have their own.
 */
public final class Controller implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal");

  private final KubernetesClient client;
  private final ControllerOptions options;
  private final ControllerMetrics metrics;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final ClusterCaches caches;
  private final Reconciler reconciler;
  private final WorkLoop policyLoop;
  private final Leadership leadership;
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podseal deadlines").daemon().factory());
  private final Thread starter =
      Thread.ofPlatform().name("podseal start").daemon().unstarted(this::run);

  private volatile @Nullable CertificateAuthority authority;
  private volatile @Nullable ServingCertificate certificate;
  private volatile @Nullable LeaderDuties term;

  /** A controller that is not started yet. */
  public Controller(
      KubernetesClient client,
      ControllerOptions options,
      ControllerMetrics metrics,
      InstantSource clock) {
    this.client = client;
    this.options = options;
    this.metrics = metrics;
    this.clock = clock;
    caches = new ClusterCaches(client, new CacheListener(), clock);
    reconciler = new Reconciler(caches, metrics, options.trustDomain(), options.maxPeers());
    policyLoop =
        new WorkLoop(
            "policies",
            options.policyPause(),
            clock,
            List.of(new WorkLoop.Step("publish policies", this::publishPolicies)));
    leadership =
        new Leadership(
            client, options.namespace(), options.podName(), this::beginTerm, this::endTerm);
    metrics.watchLeader(leadership::leading);
  }

  /** Starts in the background; see {@link #ready}. */
  public void start() {
    starter.start();
  }

  /** Whether this replica could lead: it has the certificate authority and knows the cluster. */
  public boolean ready() {
    return caches.synced() && certificate != null;
  }

  /** Whether this replica holds the Lease. */
  public boolean leading() {
    return leadership.leading();
  }

  /** False if a thread hangs, so that a restart is the better choice. */
  public boolean healthy() {
    var current = term;
    return policyLoop.healthy() && (current == null || current.healthy());
  }

  /** The port of the control plane; 0 unless this replica leads and listens. */
  public int controlPort() {
    var current = term;
    return current == null ? 0 : current.controlPort();
  }

  /** Ends streams first, lets another lead, then ends everything else; idempotent. */
  @Override
  public void close() {
    starter.interrupt();
    deadlines.shutdownNow();
    leadership.close();
    policyLoop.close();
    caches.close();
  }

  private void run() {
    try {
      LOG.infof(
          "starting: namespace %s, trust domain %s, API server %s",
          options.namespace(), options.trustDomain(), client.getMasterUrl());
      var root = Persistence.insist("load the certificate authority", this::loadAuthority);
      authority = root;
      var serving = new ServingCertificate(root, options.dnsNames(), clock);
      metrics.watchCertificate("ca", root::expiry);
      metrics.watchCertificate("serving", serving::expiry);
      caches.start().get();
      certificate = serving;
      policyLoop.start();
      policyLoop.signal();
      var _ =
          deadlines.scheduleWithFixedDelay(
              this::tick,
              options.tick().toMillis(),
              options.tick().toMillis(),
              TimeUnit.MILLISECONDS);
      leadership.start();
      LOG.infof("ready: replica %s, CA expires %s", options.podName(), root.expiry());
    } catch (InterruptedException e) {
      LOG.debug("stopped while starting", e);
    } catch (ExecutionException e) {
      LOG.error(ApiProblems.describe("list the cluster", e) + "; restart the controller");
    }
  }

  private CertificateAuthority loadAuthority() {
    return new AuthoritySecret(client, options.namespace(), random, clock).load();
  }

  private void beginTerm() {
    var root = authority;
    var serving = certificate;
    if (root == null || serving == null) {
      throw new IllegalStateException("a replica competes only when it is ready");
    }
    var begun =
        new LeaderDuties(
            new LeaderDuties.Environment(
                client,
                options,
                metrics,
                clock,
                caches,
                reconciler,
                root,
                serving,
                random,
                policyLoop::signal));
    term = begun;
    begun.start();
  }

  private void endTerm() {
    var ended = term;
    term = null;
    if (ended != null) {
      ended.close();
    }
  }

  private void publishPolicies() {
    boolean verdictsChanged = reconciler.compute();
    var current = term;
    if (current != null) {
      if (verdictsChanged) {
        current.apiObjectsChanged();
      }
      current.publish(reconciler.graph());
    }
  }

  private void tick() {
    try {
      var current = term;
      if (current != null) {
        current.tick();
      }
      caches.complainIfBlind();
      var serving = certificate;
      if (serving != null && serving.renewIfDue()) {
        LOG.infof("renewed the serving certificate, it expires %s", serving.expiry());
      }
    } catch (RuntimeException e) {
      LOG.error("the watch over deadlines failed; trying again", e);
    }
  }

  private final class CacheListener implements ClusterCaches.Listener {
    @Override
    public void clusterChanged() {
      reconciler.clusterChanged();
      policyLoop.signal();
    }

    @Override
    public void apiObjectsChanged() {
      var current = term;
      if (current != null) {
        current.apiObjectsChanged();
      }
    }

    @Override
    public void podGone(String uid) {
      var current = term;
      if (current != null) {
        current.podGone(uid);
      }
    }
  }
}
