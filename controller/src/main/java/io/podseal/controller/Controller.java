package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.certs.AuthoritySecret;
import io.podseal.controller.certs.ServingCertificate;
import io.podseal.controller.identity.KubernetesTokenReviewer;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.inject.Injector;
import io.podseal.controller.obs.AuditLog;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.reconcile.ApiProblems;
import io.podseal.controller.reconcile.ClusterCaches;
import io.podseal.controller.reconcile.EventRecorder;
import io.podseal.controller.reconcile.Permissions;
import io.podseal.controller.webhook.InjectionReports;
import io.podseal.controller.webhook.PodReviewer;
import io.podseal.controller.webhook.WebhookServer;
import java.security.SecureRandom;
import java.time.InstantSource;
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
 * <p>Every replica watches the cluster and answers the admission webhook; what only the leader does
 * is a {@link Term}.
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
  private final InjectionReports injections;
  private final Election election;
  private final AtomicReference<@Nullable Term> term = new AtomicReference<>();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podseal watch").daemon().factory());
  private final Thread starter =
      Thread.ofPlatform().name("podseal start").daemon().unstarted(this::run);

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
    events = new EventRecorder(client, clock);
    caches = new ClusterCaches(client, new CacheListener(), clock);
    authenticator =
        new PodAuthenticator(
            new KubernetesTokenReviewer(client), caches, options.authentication(), metrics, clock);
    injections = new InjectionReports(events, metrics);
    election =
        new Election(
            client,
            options.namespace(),
            options.replica().name(),
            clock,
            new Election.Listener() {
              @Override
              public void elected() {
                Controller.this.elected();
              }

              @Override
              public void deposed() {
                Controller.this.deposed();
              }

              @Override
              public void observed(String leader) {
                followed(leader);
              }
            });
    metrics.watchKeyEpoch(() -> ofTerm(Term::newestEpoch));
    metrics.watchStreams(() -> ofTerm(Term::streams));
    metrics.watchLeader(() -> leading() != null);
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
    var now = leading();
    return now == null
        ? !election.leader().isEmpty() && !election.leader().equals(options.replica().name())
        : now.serving();
  }

  /** False if a thread hangs, so that a restart is the better choice. */
  public boolean healthy() {
    var now = leading();
    return now == null || now.healthy();
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
    endTerm();
    election.close();
    var listening = webhook;
    if (listening != null) {
      listening.close();
    }
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
      var root =
          Patience.insist(
              "load the certificate authority",
              () -> new AuthoritySecret(client, options.namespace(), random, clock).load());
      var serving = new ServingCertificate(root, options.dnsNames(), clock);
      metrics.watchCertificate("ca", root::expiry);
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
              authenticator,
              root,
              serving);
      var tick = options.pace().tick().toMillis();
      var _ = watch.scheduleWithFixedDelay(() -> tick(serving), tick, tick, TimeUnit.MILLISECONDS);
      election.join();
      LOG.infof(
          "ready: webhook on port %d, CA expires %s; waiting for the election",
          webhookPort(), root.expiry());
    } catch (InterruptedException e) {
      LOG.debug("stopped while starting", e);
    } catch (ExecutionException e) {
      LOG.error(ApiProblems.describe("list the cluster", e) + "; restart the controller");
    }
  }

  private void elected() {
    var around = surroundings;
    if (closed || around == null) {
      return;
    }
    var suspended = term.get();
    if (suspended != null) {
      LOG.info("elected again");
      suspended.resume();
      return;
    }
    LOG.info("elected");
    var begun = new Term(around);
    term.set(begun);
    begun.begin();
  }

  /** Where the API server is gone nobody else can lead: streams stay, nothing is written. */
  private void deposed() {
    var lost = term.get();
    if (lost != null && !closed) {
      LOG.warn("the Lease is lost: nothing is written, streams stay until another replica leads");
      lost.suspend();
    }
  }

  private void followed(String leader) {
    if (leader.isEmpty() || leader.equals(options.replica().name())) {
      return;
    }
    LOG.infof("standby: %s leads", leader);
    endTerm();
  }

  private void endTerm() {
    var ended = term.getAndSet(null);
    if (ended != null) {
      ended.close();
    }
  }

  private @Nullable Term leading() {
    return term.get();
  }

  private int ofTerm(ToIntFunction<Term> value) {
    var now = leading();
    return now == null ? 0 : value.applyAsInt(now);
  }

  private void tick(ServingCertificate serving) {
    try {
      caches.complainIfBlind();
      if (serving.renewIfDue()) {
        LOG.infof("renewed the serving certificate, it expires %s", serving.expiry());
      }
    } catch (RuntimeException e) {
      LOG.error("the watch over certificates and caches failed; trying again", e);
    }
  }

  private final class CacheListener implements ClusterCaches.Listener {
    @Override
    public void clusterChanged() {
      tell(Term::clusterChanged);
    }

    @Override
    public void apiObjectsChanged() {
      tell(Term::apiObjectsChanged);
    }

    @Override
    public void podGone(String uid) {
      tell(now -> now.podGone(uid));
    }

    private void tell(Consumer<Term> news) {
      var now = leading();
      if (now != null) {
        news.accept(now);
      }
    }
  }
}
