package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.certs.AuthorityException;
import io.podseal.controller.certs.AuthoritySecret;
import io.podseal.controller.certs.CertificateAuthority;
import io.podseal.controller.certs.ServingCertificate;
import io.podseal.controller.certs.TrustBundles;
import io.podseal.controller.control.ControlServer;
import io.podseal.controller.control.Sessions;
import io.podseal.controller.identity.KubernetesTokenReviewer;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.keys.KeyRing;
import io.podseal.controller.keys.KeyStoreException;
import io.podseal.controller.keys.MasterKeys;
import io.podseal.controller.obs.AuditLog;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.reconcile.ApiProblems;
import io.podseal.controller.reconcile.ClusterCaches;
import io.podseal.controller.reconcile.EventRecorder;
import io.podseal.controller.reconcile.Reconciler;
import io.podseal.controller.reconcile.StatusWriter;
import io.podseal.controller.reconcile.WorkLoop;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A whole controller: made of its parts here, started on its own thread, stopped by {@link #close}.
 *
 * <p>Threads: one starts it, then one publishes policies, one writes to the API server, one watches
 * deadlines; informers and gRPC have their own.
 */
public final class Controller implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal");
  private static final Duration FIRST_RETRY = Duration.ofMillis(500);
  private static final Duration LAST_RETRY = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final ControllerOptions options;
  private final ControllerMetrics metrics;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final AuditLog audit = new AuditLog();
  private final EventRecorder events;
  private final KeyRing ring;
  private final MasterKeys masters;
  private final ClusterCaches caches;
  private final PodAuthenticator authenticator;
  private final Sessions sessions;
  private final Reconciler reconciler;
  private final WorkLoop policyLoop;
  private final WorkLoop apiLoop;
  private final TrustBundles bundles;
  private final ExecutorService reviews = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podseal deadlines").daemon().factory());
  private final Thread starter =
      Thread.ofPlatform().name("podseal start").daemon().unstarted(this::run);

  private volatile @Nullable CertificateAuthority authority;
  private volatile @Nullable ServingCertificate certificate;
  private volatile @Nullable ControlServer server;

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
    events = new EventRecorder(client, clock);
    bundles = new TrustBundles(client);
    ring = new KeyRing(options.trustDomain());
    masters = new MasterKeys(client, options.namespace(), ring, random, this::keysReplaced);
    metrics.watchKeyEpoch(ring::newestEpoch);
    caches = new ClusterCaches(client, new CacheListener(), clock);
    authenticator =
        new PodAuthenticator(
            new KubernetesTokenReviewer(client), caches, options.authentication(), metrics, clock);
    sessions =
        new Sessions(
            new Sessions.Environment(
                authenticator, masters, ring, metrics, audit, caches, clock, reviews),
            options.control(),
            new SessionListener());
    policyLoop =
        new WorkLoop(
            "policies",
            options.policyPause(),
            clock,
            List.of(new WorkLoop.Step("publish policies", this::publishPolicies)));
    apiLoop =
        new WorkLoop(
            "API writes",
            options.statusPause(),
            clock,
            List.of(
                new WorkLoop.Step("replace lost master keys", this::settleKeys),
                new WorkLoop.Step("write ConfigMaps podseal-ca", this::writeBundles),
                new WorkLoop.Step("write statuses", this::writeStatuses)));
    reconciler =
        new Reconciler(
            new Reconciler.Environment(
                caches, sessions::progress, sessions::publish, apiLoop::signal),
            new StatusWriter(client, events, clock),
            metrics,
            options.trustDomain(),
            options.maxPeers());
  }

  /** Starts in the background; see {@link #ready}. */
  public void start() {
    starter.start();
  }

  /** Whether caches, keys and the control plane are all there. */
  public boolean ready() {
    var listening = server;
    return caches.synced() && ring.newestEpoch() > 0 && listening != null && listening.listening();
  }

  /** False if a thread hangs, so that a restart is the better choice. */
  public boolean healthy() {
    return policyLoop.healthy() && apiLoop.healthy();
  }

  /** The port of the control plane; 0 before it listens. */
  public int controlPort() {
    var listening = server;
    return listening == null ? 0 : listening.port();
  }

  /** Ends streams first, then everything else; idempotent. */
  @Override
  public void close() {
    starter.interrupt();
    deadlines.shutdownNow();
    var listening = server;
    if (listening != null) {
      listening.close();
    }
    policyLoop.close();
    apiLoop.close();
    caches.close();
    reviews.shutdownNow();
  }

  private void run() {
    try {
      LOG.infof(
          "starting: namespace %s, trust domain %s, API server %s",
          options.namespace(), options.trustDomain(), client.getMasterUrl());
      var root = insist("load the certificate authority", this::loadAuthority);
      authority = root;
      insist(
          "load the master keys",
          () -> {
            masters.load();
            return ring;
          });
      var serving = new ServingCertificate(root, options.dnsNames(), clock);
      certificate = serving;
      metrics.watchCertificate("ca", root::expiry);
      metrics.watchCertificate("serving", serving::expiry);
      caches.start().get();
      policyLoop.start();
      policyLoop.signal();
      apiLoop.start();
      apiLoop.signal();
      var listening =
          insist(
              "open the control plane",
              () ->
                  ControlServer.start(
                      options.controlAddress(), serving, sessions, authenticator, metrics, audit));
      server = listening;
      var _ =
          deadlines.scheduleWithFixedDelay(
              this::tick,
              options.tick().toMillis(),
              options.tick().toMillis(),
              TimeUnit.MILLISECONDS);
      LOG.infof(
          "ready: control plane on port %d as %s, key epoch %d, CA expires %s",
          listening.port(), options.serverName(), ring.newestEpoch(), root.expiry());
    } catch (InterruptedException e) {
      LOG.debug("stopped while starting", e);
    } catch (ExecutionException e) {
      LOG.error(ApiProblems.describe("list the cluster", e) + "; restart the controller");
    }
  }

  /** Tries again and again: what is missing may be granted or come up at any time. */
  private <T> T insist(String what, Supplier<T> step) throws InterruptedException {
    var pause = FIRST_RETRY;
    var said = "";
    while (true) {
      try {
        return step.get();
      } catch (RuntimeException e) {
        var line =
            e instanceof KeyStoreException || e instanceof AuthorityException
                ? "cannot " + what + ": " + e.getMessage()
                : ApiProblems.describe(what, e);
        if (!line.equals(said)) {
          LOG.error(line);
          said = line;
        }
      }
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      pause = pause.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? pause.multipliedBy(2) : LAST_RETRY;
    }
  }

  private CertificateAuthority loadAuthority() {
    return new AuthoritySecret(client, options.namespace(), random, clock).load();
  }

  private void publishPolicies() {
    reconciler.publishPolicies();
  }

  private void settleKeys() {
    int before = ring.newestEpoch();
    masters.settle();
    if (ring.newestEpoch() != before) {
      policyLoop.signal();
    }
  }

  private void writeBundles() {
    var root = authority;
    if (root != null) {
      var pem = root.certificatePem();
      caches.namespacesWithout(pem).forEach(namespace -> bundles.write(namespace, pem));
    }
  }

  private void writeStatuses() {
    reconciler.writeStatuses();
  }

  private void tick() {
    try {
      sessions.tick();
      caches.complainIfBlind();
      var serving = certificate;
      if (serving != null && serving.renewIfDue()) {
        LOG.infof("renewed the serving certificate, it expires %s", serving.expiry());
      }
    } catch (RuntimeException e) {
      LOG.error("the watch over deadlines failed; trying again", e);
    }
  }

  private void keysReplaced(int newEpoch, String why) {
    metrics.keysReplaced();
    audit.keysReplaced(newEpoch, why);
    LOG.warnf("new master key of epoch %d: %s; all pairs get new keys", newEpoch, why);
    events.secret(
        options.namespace(),
        "podseal-master",
        "MasterKeyReplaced",
        "new master key of epoch " + newEpoch + ": " + why);
  }

  private final class CacheListener implements ClusterCaches.Listener {
    @Override
    public void clusterChanged() {
      reconciler.clusterChanged();
      policyLoop.signal();
    }

    @Override
    public void apiObjectsChanged() {
      apiLoop.signal();
    }

    @Override
    public void podGone(String uid) {
      sessions.podGone(uid);
    }
  }

  private final class SessionListener implements Sessions.Listener {
    @Override
    public void policyDue() {
      policyLoop.signal();
    }

    @Override
    public void progressChanged() {
      apiLoop.signal();
    }

    @Override
    public void keysBehind() {
      apiLoop.signal();
    }
  }
}
