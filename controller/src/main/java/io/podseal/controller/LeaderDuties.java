package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.certs.CertificateAuthority;
import io.podseal.controller.certs.ServingCertificate;
import io.podseal.controller.certs.TrustBundles;
import io.podseal.controller.control.ControlServer;
import io.podseal.controller.control.Sessions;
import io.podseal.controller.identity.KubernetesTokenReviewer;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.keys.KeyRing;
import io.podseal.controller.keys.MasterKeys;
import io.podseal.controller.model.PeerGraph;
import io.podseal.controller.obs.AuditLog;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.reconcile.ClusterCaches;
import io.podseal.controller.reconcile.ControlEndpoint;
import io.podseal.controller.reconcile.EventRecorder;
import io.podseal.controller.reconcile.Reconciler;
import io.podseal.controller.reconcile.StatusWriter;
import io.podseal.controller.reconcile.WorkLoop;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What only the leader does, for one term: it holds the keys, serves the sidecars and writes to the
 * API server. Made when the term begins, closed when it ends.
 */
final class LeaderDuties implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal");

  /** What a term works with and leaves behind. */
  record Environment(
      KubernetesClient client,
      ControllerOptions options,
      ControllerMetrics metrics,
      InstantSource clock,
      ClusterCaches caches,
      Reconciler reconciler,
      CertificateAuthority root,
      ServingCertificate certificate,
      SecureRandom random,
      Runnable policyDue) {}

  private final Environment env;
  private final AuditLog audit = new AuditLog();
  private final KeyRing ring;
  private final MasterKeys masters;
  private final EventRecorder events;
  private final StatusWriter statuses;
  private final TrustBundles bundles;
  private final PodAuthenticator authenticator;
  private final Sessions sessions;
  private final WorkLoop apiLoop;
  private final ExecutorService reviews = Executors.newVirtualThreadPerTaskExecutor();
  private final Thread starter =
      Thread.ofPlatform().name("podseal term").daemon().unstarted(this::run);
  private volatile @Nullable ControlServer server;
  private volatile Instant trustedFrom = Instant.MAX;
  private boolean closed;

  LeaderDuties(Environment env) {
    this.env = env;
    var options = env.options();
    events = new EventRecorder(env.client(), env.clock());
    statuses = new StatusWriter(env.client(), events, env.clock());
    bundles = new TrustBundles(env.client());
    ring = new KeyRing(options.trustDomain());
    masters =
        new MasterKeys(env.client(), options.namespace(), ring, env.random(), this::keysReplaced);
    env.metrics().watchKeyEpoch(ring::newestEpoch);
    authenticator =
        new PodAuthenticator(
            new KubernetesTokenReviewer(env.client()),
            env.caches(),
            options.authentication(),
            env.metrics(),
            env.clock());
    sessions =
        new Sessions(
            new Sessions.Environment(
                authenticator,
                masters,
                ring,
                env.metrics(),
                audit,
                env.caches(),
                env.clock(),
                reviews),
            options.control(),
            new SessionListener());
    apiLoop = new WorkLoop("API writes", options.statusPause(), env.clock(), steps());
  }

  private List<WorkLoop.Step> steps() {
    var steps = new ArrayList<WorkLoop.Step>();
    env.options()
        .podAddress()
        .map(address ->
            new ControlEndpoint(
                env.client(), env.options().namespace(), env.options().podName(), address))
        .ifPresent(endpoint ->
            steps.add(
                new WorkLoop.Step(
                    "write EndpointSlice " + ControlEndpoint.NAME,
                    () -> endpoint.write(controlPort()))));
    steps.add(new WorkLoop.Step("replace lost master keys", this::settleKeys));
    steps.add(new WorkLoop.Step("write ConfigMaps podseal-ca", this::writeBundles));
    steps.add(new WorkLoop.Step("write statuses", this::writeStatuses));
    return steps;
  }

  /** Starts in the background. */
  void start() {
    starter.start();
  }

  /** Sends the sidecars what changed for them; one thread calls it. */
  void publish(PeerGraph graph) {
    sessions.publish(graph);
  }

  /** Statuses or ConfigMaps may have to be written. */
  void apiObjectsChanged() {
    apiLoop.signal();
  }

  /** A pod was deleted, Succeeded or Failed. */
  void podGone(String uid) {
    sessions.podGone(uid);
  }

  /** Looks at deadlines; called about once a second. */
  void tick() {
    sessions.tick();
    if (!trusted() && !env.clock().instant().isBefore(trustedFrom)) {
      trustedFrom = Instant.MIN;
      apiLoop.signal();
    }
  }

  boolean healthy() {
    return apiLoop.healthy();
  }

  /** The port of the control plane; 0 before it listens. */
  int controlPort() {
    var listening = server;
    return listening == null ? 0 : listening.port();
  }

  /** Ends streams first, then everything else, and forgets the keys; idempotent. */
  @Override
  public void close() {
    starter.interrupt();
    ControlServer listening;
    synchronized (this) {
      closed = true;
      listening = server;
      server = null;
    }
    if (listening != null) {
      listening.close();
    }
    apiLoop.close();
    reviews.shutdownNow();
    ring.clear();
    env.metrics().pairs(0, 0, 0);
  }

  private void run() {
    try {
      Persistence.insist(
          "load the master keys",
          () -> {
            masters.load();
            return ring;
          });
      var listening = Persistence.insist("open the control plane", this::listen);
      trustedFrom = env.clock().instant().plus(env.options().reconnection());
      if (!serve(listening)) {
        listening.close();
        return;
      }
      env.policyDue().run();
      apiLoop.start();
      apiLoop.signal();
      LOG.infof(
          "leading: control plane on port %d as %s, key epoch %d, CA expires %s",
          listening.port(), env.options().serverName(), ring.newestEpoch(), env.root().expiry());
    } catch (InterruptedException e) {
      LOG.debug("the term ended while it began", e);
    }
    forgetIfClosed();
  }

  private ControlServer listen() {
    return ControlServer.start(
        env.options().controlAddress(),
        env.certificate(),
        sessions,
        authenticator,
        env.metrics(),
        audit);
  }

  private synchronized boolean serve(ControlServer listening) {
    if (closed) {
      return false;
    }
    server = listening;
    return true;
  }

  /** The keys may have come after the end of the term. */
  private synchronized void forgetIfClosed() {
    if (closed) {
      ring.clear();
    }
  }

  private boolean trusted() {
    return trustedFrom.equals(Instant.MIN);
  }

  private void settleKeys() {
    int before = ring.newestEpoch();
    masters.settle();
    if (ring.newestEpoch() != before) {
      env.policyDue().run();
    }
  }

  private void writeBundles() {
    var pem = env.root().certificatePem();
    env.caches().namespacesWithout(pem).forEach(namespace -> bundles.write(namespace, pem));
  }

  private void writeStatuses() {
    // The sidecars of the leader before are on their way here: what they told it still holds.
    env.reconciler().writeStatuses(statuses, sessions.progress(), !trusted());
  }

  private void keysReplaced(int newEpoch, String why) {
    env.metrics().keysReplaced();
    audit.keysReplaced(newEpoch, why);
    LOG.warnf("new master key of epoch %d: %s; all pairs get new keys", newEpoch, why);
    events.secret(
        env.options().namespace(),
        "podseal-master",
        "MasterKeyReplaced",
        "new master key of epoch " + newEpoch + ": " + why);
  }

  private final class SessionListener implements Sessions.Listener {
    @Override
    public void policyDue() {
      env.policyDue().run();
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
