package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.certs.AuthorityRenewal;
import io.podseal.controller.certs.ServingCertificate;
import io.podseal.controller.certs.TrustBundles;
import io.podseal.controller.control.ControlServer;
import io.podseal.controller.control.Sessions;
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
import io.podseal.controller.webhook.CaBundleKeeper;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What only the leader does, from its election until it is followed by another: keys, streams, and
 * everything that is written to the API server. A standby holds no key.
 *
 * <p>Threads: one starts it, then one writes to the API server, one watches deadlines; gRPC has its
 * own.
 */
final class Term implements AuthorityRenewal.Leader, AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal");

  /** What outlives a term. */
  record Environment(
      KubernetesClient client,
      ControllerOptions options,
      ControllerMetrics metrics,
      AuditLog audit,
      EventRecorder events,
      SecureRandom random,
      InstantSource clock,
      ClusterCaches caches,
      Reconciler reconciler,
      Runnable policyDue,
      PodAuthenticator authenticator,
      AuthorityRenewal authority,
      ServingCertificate certificate) {}

  private final Environment env;
  private final KeyRing ring;
  private final MasterKeys masters;
  private final Sessions sessions;
  private final StatusWriter statuses;
  private final WorkLoop apiLoop;
  private final TrustBundles bundles;
  private final Instant patientUntil;
  private final ExecutorService reviews = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podseal deadlines").daemon().factory());
  private final Thread starter =
      Thread.ofPlatform().name("podseal term").daemon().unstarted(this::run);
  private volatile @Nullable ControlServer server;
  private volatile @Nullable CaBundleKeeper bundleKeeper;
  private volatile boolean suspended;
  private volatile boolean closed;

  /** A term that has not begun yet. */
  Term(Environment env) {
    this.env = env;
    var options = env.options();
    patientUntil = env.clock().instant().plus(options.pace().takeover());
    bundles = new TrustBundles(env.client());
    ring = new KeyRing(options.trustDomain());
    masters =
        new MasterKeys(
            env.client(), options.namespace(), ring, env.random(), env.clock(), this::keysReplaced);
    sessions =
        new Sessions(
            new Sessions.Environment(
                env.authenticator(),
                masters,
                ring,
                env.metrics(),
                env.audit(),
                env.caches(),
                env.clock(),
                reviews),
            options.control(),
            new SessionListener());
    apiLoop =
        new WorkLoop(
            "API writes",
            options.pace().statuses(),
            env.clock(),
            List.of(
                new WorkLoop.Step("write EndpointSlice podseal-controller", this::writeEndpoint),
                new WorkLoop.Step("replace lost master keys", this::settleKeys),
                new WorkLoop.Step("write the CA into ConfigMaps", this::writeBundles),
                new WorkLoop.Step("write the CA into the webhook", this::mendCaBundle),
                new WorkLoop.Step("write statuses", this::writeStatuses)));
    statuses = new StatusWriter(env.client(), env.events(), env.clock());
  }

  /** Begins in the background; see {@link #serving}. */
  void begin() {
    starter.start();
  }

  /** Writes nothing from now on; streams stay and learn what the caches learn. */
  void suspend() {
    suspended = true;
  }

  /** Writes again. */
  void resume() {
    suspended = false;
    apiLoop.signal();
  }

  /** Whether sidecars are served. */
  boolean serving() {
    var listening = server;
    return ring.newestEpoch() > 0 && listening != null && listening.listening();
  }

  /** False if a thread hangs. */
  boolean healthy() {
    return apiLoop.healthy();
  }

  @Override
  public boolean mayWrite() {
    return !suspended && serving();
  }

  @Override
  public boolean everywhere(String bundle) {
    var keeper = bundleKeeper;
    return keeper != null && keeper.holds(bundle) && env.caches().holdEverywhere(bundle);
  }

  /** The port of the control plane; 0 before it listens. */
  int port() {
    var listening = server;
    return listening == null ? 0 : listening.port();
  }

  int newestEpoch() {
    return ring.newestEpoch();
  }

  int streams() {
    return sessions.size();
  }

  /** Tells the sidecars what changed for them; called on the policy thread only. */
  void publish(PeerGraph graph, @Nullable Instant changedSince) {
    sessions.publish(graph, changedSince);
  }

  /** Only what is written to the API server depends on what changed. */
  void apiObjectsChanged() {
    apiLoop.signal();
  }

  void podGone(String uid) {
    sessions.podGone(uid);
  }

  private void run() {
    try {
      var options = env.options();
      Patience.insist(
          "load the master keys",
          () -> {
            masters.load();
            return ring;
          });
      apiLoop.start();
      apiLoop.signal();
      var listening = Patience.insist("open the control plane", this::listen);
      keepCaBundle();
      var tick = options.pace().tick().toMillis();
      var _ = deadlines.scheduleWithFixedDelay(this::tick, tick, tick, TimeUnit.MILLISECONDS);
      LOG.infof(
          "leading: control plane on port %d as %s, key epoch %d",
          listening.port(), options.serverName(), ring.newestEpoch());
    } catch (InterruptedException e) {
      LOG.debug("the term ended while it began", e);
    }
  }

  private ControlServer listen() {
    var listening =
        ControlServer.start(
            env.options().controlAddress(),
            env.certificate(),
            sessions,
            env.authenticator(),
            env.metrics(),
            env.audit(),
            env.clock());
    server = listening;
    apiLoop.signal();
    if (closed) {
      listening.close();
    }
    return listening;
  }

  /** Unless the term has ended meanwhile: a standby writes nothing. */
  private synchronized void keepCaBundle() {
    if (!closed) {
      bundleKeeper =
          new CaBundleKeeper(env.client(), env.authority()::bundle, env.metrics()::caBundleMended);
    }
  }

  private void writeEndpoint() {
    var replica = env.options().replica();
    if (!suspended && port() > 0 && !replica.address().isEmpty()) {
      new ControlEndpoint(
              env.client(), env.options().namespace(), replica.name(), replica.address())
          .write(port());
    }
  }

  private void settleKeys() {
    if (suspended) {
      return;
    }
    int before = ring.newestEpoch();
    masters.settle();
    if (ring.newestEpoch() != before) {
      env.policyDue().run();
    }
  }

  private void writeBundles() {
    if (suspended) {
      return;
    }
    var pem = env.authority().bundle();
    bundles.write(env.caches().namespacesWithout(pem), pem);
  }

  private void mendCaBundle() {
    var keeper = bundleKeeper;
    if (!suspended && keeper != null) {
      keeper.mend();
    }
  }

  private void writeStatuses() {
    if (!suspended) {
      env.reconciler().writeStatuses(statuses, sessions.progress(), patient());
    }
  }

  /** Whether sidecars of the leader before may still be on their way: their pairs are keyed. */
  private boolean patient() {
    return env.clock().instant().isBefore(patientUntil);
  }

  private void tick() {
    try {
      sessions.tick();
      if (statuses.takeRetry()
          || masters.isBehind()
          || env.clock().instant().isBefore(patientUntil.plusSeconds(2))) {
        apiLoop.signal();
      }
    } catch (RuntimeException e) {
      LOG.error("the watch over deadlines failed; trying again", e);
    }
  }

  private void keysReplaced(int newEpoch, String why) {
    env.metrics().keysReplaced();
    env.audit().keysReplaced(newEpoch, why);
    LOG.warnf("new master key of epoch %d: %s; all pairs get new keys", newEpoch, why);
    env.events()
        .secret(
            env.options().namespace(),
            "podseal-master",
            "MasterKeyReplaced",
            "new master key of epoch " + newEpoch + ": " + why);
  }

  /** Ends streams first, then everything else; idempotent. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    starter.interrupt();
    deadlines.shutdownNow();
    var listening = server;
    if (listening != null) {
      listening.close();
    }
    var keeper = bundleKeeper;
    if (keeper != null) {
      keeper.close();
    }
    apiLoop.close();
    reviews.shutdownNow();
    ring.forget();
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
