package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podseal.controller.certs.AuthorityException;
import io.podseal.controller.certs.AuthorityRenewal;
import io.podseal.controller.certs.ServingCertificate;
import io.podseal.controller.identity.KubernetesTokenReviewer;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.inject.Injector;
import io.podseal.controller.obs.AuditLog;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.obs.RepeatGuard;
import io.podseal.controller.reconcile.ApiProblems;
import io.podseal.controller.reconcile.ClusterCaches;
import io.podseal.controller.reconcile.EventRecorder;
import io.podseal.controller.reconcile.Leadership;
import io.podseal.controller.reconcile.Permissions;
import io.podseal.controller.reconcile.Reconciler;
import io.podseal.controller.reconcile.WorkLoop;
import io.podseal.controller.webhook.InjectionReports;
import io.podseal.controller.webhook.PodReviewer;
import io.podseal.controller.webhook.WebhookServer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A whole controller: made of its parts here, started on its own thread, stopped by {@link #close}.
 *
 * <p>Every replica watches the cluster, computes the policies, so that the next leader knows what
 * the last one accepted, and answers the admission webhook; what only the leader does is a {@link
 * Term}.
 */
public final class Controller implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal");

  private final KubernetesClient client;
  private final ControllerOptions options;
  private final ControllerMetrics metrics;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final AuditLog audit = new AuditLog();
  private final EventRecorder events;
  private final ClusterCaches caches;
  private final PodAuthenticator authenticator;
  private final Reconciler reconciler;
  private final WorkLoop policyLoop;
  private final InjectionReports injections;
  private final Leadership leadership;
  private final AtomicReference<@Nullable Term> term = new AtomicReference<>();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podseal watch").daemon().factory());
  private final Thread starter =
      Thread.ofPlatform().name("podseal start").daemon().unstarted(this::run);

  private final RepeatGuard repeats;

  private volatile Term.@Nullable Environment surroundings;
  private volatile @Nullable WebhookServer webhook;
  private volatile boolean closed;

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
    repeats = new RepeatGuard(clock, Duration.ofMinutes(10));
    events = new EventRecorder(client, clock);
    caches = new ClusterCaches(client, new CacheListener(), clock);
    authenticator =
        new PodAuthenticator(
            new KubernetesTokenReviewer(client), caches, options.authentication(), metrics, clock);
    reconciler = new Reconciler(caches, metrics, options.trustDomain(), options.maxPeers(), clock);
    policyLoop =
        new WorkLoop(
            "policies",
            options.pace().policies(),
            clock,
            List.of(new WorkLoop.Step("publish policies", this::publishPolicies)));
    injections = new InjectionReports(events, metrics);
    leadership =
        new Leadership(client, options.namespace(), options.replica().name(), new Candidacy());
    metrics.watchKeyEpoch(() -> ofTerm(Term::newestEpoch));
    metrics.watchStreams(() -> ofTerm(Term::streams));
    metrics.watchLeader(leadership::leading);
  }

  /** Starts in the background; see {@link #ready}. */
  public void start() {
    starter.start();
  }

  /** Whether it does its part: the webhook, and the streams unless another replica leads. */
  public boolean ready() {
    if (!caches.synced() || webhook == null) {
      return false;
    }
    var now = term.get();
    return now == null ? follows() : now.serving();
  }

  /** Whether this replica holds the Lease. */
  public boolean leading() {
    return leadership.leading();
  }

  private boolean follows() {
    var leader = leadership.leader();
    return !leader.isEmpty() && !leader.equals(options.replica().name());
  }

  /** False if a thread hangs, so that a restart is the better choice. */
  public boolean healthy() {
    var now = term.get();
    return policyLoop.healthy() && (now == null || now.healthy());
  }

  /** The port of the control plane; 0 while it does not listen. */
  public int controlPort() {
    return ofTerm(Term::port);
  }

  /** The port of the webhook; 0 before it listens. */
  public int webhookPort() {
    var listening = webhook;
    return listening == null ? 0 : listening.port();
  }

  /** Ends streams first, gives the Lease back, then everything else; idempotent. */
  @Override
  public void close() {
    closed = true;
    starter.interrupt();
    watch.shutdownNow();
    leadership.close();
    endTerm();
    var listening = webhook;
    if (listening != null) {
      listening.close();
    }
    policyLoop.close();
    injections.close();
    caches.close();
  }

  private void run() {
    try {
      LOG.infof(
          "starting %s: namespace %s, trust domain %s, API server %s",
          options.replica().name(),
          options.namespace(),
          options.trustDomain(),
          client.getMasterUrl());
      Permissions.review(client, options.namespace()).forEach(LOG::error);
      var authority =
          Patience.insist(
              "load the certificate authority",
              () -> new AuthorityRenewal(client, options.namespace(), random, clock).load());
      var serving = new ServingCertificate(authority::current, options.dnsNames(), clock);
      metrics.watchCertificate("ca", () -> authority.current().expiry());
      metrics.watchCertificate("serving", serving::expiry);
      caches.start().get();
      webhook =
          Patience.insist(
              "open the webhook",
              () ->
                  WebhookServer.start(
                      options.webhookAddress(),
                      serving,
                      new PodReviewer(
                          new Injector(options.sidecar(), options.namespace()),
                          caches::namespaceLabels,
                          injections),
                      metrics::reviewMalformed));
      surroundings =
          new Term.Environment(
              client,
              options,
              metrics,
              audit,
              events,
              random,
              clock,
              caches,
              reconciler,
              policyLoop::signal,
              authenticator,
              authority,
              serving);
      var tick = options.pace().tick().toMillis();
      var _ =
          watch.scheduleWithFixedDelay(
              () -> tick(authority, serving), tick, tick, TimeUnit.MILLISECONDS);
      policyLoop.start();
      policyLoop.signal();
      leadership.start();
      LOG.infof(
          "ready: webhook on port %d, CA expires %s; waiting for the election",
          webhookPort(), authority.current().expiry());
    } catch (InterruptedException e) {
      LOG.debug("stopped while starting", e);
    } catch (ExecutionException e) {
      LOG.error(ApiProblems.describe("list the cluster", e) + "; restart the controller");
    }
  }

  private void endTerm() {
    var ended = term.getAndSet(null);
    if (ended != null) {
      ended.close();
    }
  }

  private void publishPolicies() {
    var changedSince = reconciler.compute().orElse(null);
    tell(now -> {
      if (changedSince != null) {
        now.apiObjectsChanged();
      }
      now.publish(reconciler.graph(), changedSince);
    });
  }

  private void tell(Consumer<Term> news) {
    var now = term.get();
    if (now != null) {
      news.accept(now);
    }
  }

  private int ofTerm(ToIntFunction<Term> value) {
    var now = term.get();
    return now == null ? 0 : value.applyAsInt(now);
  }

  private void tick(AuthorityRenewal authority, ServingCertificate serving) {
    try {
      caches.complainIfBlind();
      if (follow(authority)) {
        tell(Term::apiObjectsChanged);
      }
      if (serving.renewIfDue()) {
        LOG.infof("renewed the serving certificate, it expires %s", serving.expiry());
      }
    } catch (RuntimeException e) {
      LOG.error("the watch over certificates and caches failed; trying again", e);
    }
  }

  private boolean follow(AuthorityRenewal authority) {
    try {
      var now = term.get();
      return authority.follow(now == null ? AuthorityRenewal.Leader.NONE : now);
    } catch (AuthorityException | KubernetesClientException e) {
      var line =
          e instanceof AuthorityException
              ? "keeping the certificate authority as it was: " + e.getMessage()
              : ApiProblems.describe("follow the certificate authority", e);
      if (repeats.due(line)) {
        LOG.warn(line);
      }
      return false;
    }
  }

  private final class Candidacy implements Leadership.Candidate {
    @Override
    public void won() {
      var suspended = term.get();
      var around = surroundings;
      if (suspended != null) {
        suspended.resume();
      } else if (around != null && !closed) {
        var begun = new Term(around);
        term.set(begun);
        begun.begin();
        policyLoop.signal();
      }
    }

    @Override
    public void lost() {
      var now = term.get();
      if (now != null) {
        now.suspend();
      }
    }

    @Override
    public void followed() {
      endTerm();
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
      tell(Term::apiObjectsChanged);
    }

    @Override
    public void podGone(String uid) {
      tell(now -> now.podGone(uid));
    }
  }
}
