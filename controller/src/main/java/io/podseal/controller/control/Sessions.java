package io.podseal.controller.control;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.SidecarMessage;
import io.podseal.controller.identity.Admission;
import io.podseal.controller.identity.DenyReason;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.identity.PodDirectory;
import io.podseal.controller.keys.KeyRing;
import io.podseal.controller.keys.MasterKeys;
import io.podseal.controller.model.PeerGraph;
import io.podseal.controller.model.PeerLink;
import io.podseal.controller.model.PodPolicy;
import io.podseal.controller.model.SidecarProgress;
import io.podseal.controller.obs.AuditLog;
import io.podseal.controller.obs.ControllerMetrics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * All open streams, at most one for each pod.
 *
 * <p>{@link #publish} belongs to one thread, which is the only one that sends; everything else may
 * be called by any thread.
 */
public final class Sessions {
  private static final Logger LOG = Logger.getLogger("podseal.control");

  /** Learns of events that may change policies or statuses; must not block. */
  public interface Listener {
    /** A sidecar may be sent something now. */
    void policyDue();

    /** Progress of a sidecar changed. */
    void progressChanged();

    /** A sidecar knows keys of a higher epoch than we hold. */
    void keysBehind();
  }

  /** What a stream needs around it. */
  public record Environment(
      PodAuthenticator authenticator,
      MasterKeys masters,
      KeyRing ring,
      ControllerMetrics metrics,
      AuditLog audit,
      PodDirectory pods,
      InstantSource clock,
      Executor reviews) {}

  private static final SidecarProgress NOTHING_YET = new SidecarProgress(Set.of(), Set.of(), "");

  private record Departed(SidecarProgress progress, Instant until) {}

  private final Map<String, Session> open = new ConcurrentHashMap<>();
  private final Map<String, Departed> departed = new ConcurrentHashMap<>();
  private final Environment env;
  private final ControlLimits limits;
  private final Listener listener;
  private final PolicyEncoder encoder;
  private final Convergence convergence;

  /** No streams yet. */
  public Sessions(Environment env, ControlLimits limits, Listener listener) {
    this.env = env;
    this.limits = limits;
    this.listener = listener;
    this.encoder = new PolicyEncoder(env.ring());
    this.convergence = new Convergence(env.metrics()::converged);
  }

  /** How many streams are open. */
  public int size() {
    return open.size();
  }

  /**
   * Sends to every sidecar what changed for it; called on the policy thread only.
   *
   * @param changedSince when the cluster began to differ from the graph before; null if this is it
   */
  public void publish(PeerGraph graph, @Nullable Instant changedSince) {
    if (changedSince != null) {
      convergence.changed(changedSince);
    }
    boolean behind = false;
    var epochs = env.ring().epochs();
    var now = env.clock().instant();
    for (var session : open.values()) {
      if (epochs.isEmpty() || !session.ready(epochs.getFirst())) {
        continue;
      }
      var policy = graph.policy(session.uid()).orElse(null);
      if (policy == null) {
        continue;
      }
      if (session.outdated(policy, epochs) && introduced(session, policy, now)) {
        boolean newcomer = session.newcomer();
        if (send(session, policy, epochs, now) && !newcomer) {
          convergence.pushed(env.clock().instant());
        }
      }
      behind = behind || (convergence.pending() && session.behind(policy));
    }
    if (!behind) {
      convergence.reached();
    }
  }

  /** How far the connected sidecars are, by pod UID. */
  public Map<String, SidecarProgress> progress() {
    var all = new HashMap<String, SidecarProgress>();
    departed.forEach((uid, gone) -> all.put(uid, gone.progress()));
    for (var session : open.values()) {
      session.progress().ifPresent(progress -> all.put(session.uid(), progress));
      all.putIfAbsent(session.uid(), NOTHING_YET);
    }
    return all;
  }

  /** The pod is gone: its stream ends at once and its progress counts no more. */
  public void podGone(String uid) {
    departed.remove(uid);
    var session = open.remove(uid);
    if (session != null) {
      end(session, DenyReason.POD_UNKNOWN);
      departed.remove(uid);
      listener.progressChanged();
    }
  }

  /** Enforces deadlines and reviews tokens; called about once a second. */
  public void tick() {
    var now = env.clock().instant();
    boolean retry = false;
    for (var session : open.values()) {
      var overdue = session.overdue(now, () -> env.pods().cached(session.uid()));
      if (overdue.isPresent()) {
        if (overdue.get() != DenyReason.TOKEN_EXPIRED) {
          env.metrics().streamDenied(overdue.get().label());
        }
        forget(session);
        end(session, overdue.get());
      } else if (session.reviewDue(now, jittered(limits.reviewInterval()))) {
        env.reviews().execute(() -> review(session));
      }
      retry |= session.refused() || session.newcomer();
    }
    if (retry) {
      listener.policyDue();
    }
    if (departed.values().removeIf(gone -> gone.until().isBefore(now))) {
      listener.progressChanged();
    }
  }

  /** Ends all streams, because the controller stops. */
  public void closeAll() {
    for (var session : List.copyOf(open.values())) {
      open.remove(session.uid(), session);
      session.close(
          Status.UNAVAILABLE.withDescription("this controller stops; another one serves you"));
    }
  }

  /** A stream of a pod that proved its identity; an older one of the same pod ends. */
  void open(Session session) {
    var previous = open.get(session.uid());
    if (previous == null && open.size() >= limits.maxStreams()) {
      deny(session, DenyReason.TOO_MANY_STREAMS);
      return;
    }
    previous = open.put(session.uid(), session);
    if (previous != null) {
      keepProgress(previous);
      if (previous.close(Status.ABORTED.withDescription("the pod opened a newer stream"))) {
        closed(previous, "replaced");
      }
    }
  }

  Session session(Caller caller, ServerCallStreamObserver<ControllerMessage> out) {
    return new Session(
        caller, out, limits, env.clock().instant(), jittered(limits.reviewInterval()));
  }

  void received(Session session, SidecarMessage message) {
    if (open.get(session.uid()) != session) {
      // It was refused, replaced or ended while this message was on its way.
      return;
    }
    if (!session.greeted() && !message.hasHello()) {
      violated(session, DenyReason.NO_HELLO);
      return;
    }
    switch (message.getBodyCase()) {
      case HELLO -> greeted(session, message);
      case ACK -> {
        if (!session.acknowledge(message.getAck(), env.clock().instant())) {
          violated(session, DenyReason.PROTOCOL_ERROR);
          return;
        }
        if (!message.getAck().getError().isEmpty()) {
          LOG.warnf(
              "pod %s could not apply its policy; see the log of its container podseal",
              session.caller().pod().display());
        }
        listener.policyDue();
        listener.progressChanged();
      }
      case SA_REPORT -> {
        session.report(message.getSaReport());
        listener.progressChanged();
      }
      case BODY_NOT_SET -> {
        // A kind of message that a newer sidecar knows and we do not.
      }
    }
  }

  void left(Session session, String reason) {
    forget(session);
    if (session.left()) {
      closed(session, reason);
    }
  }

  void completed(Session session) {
    forget(session);
    session.complete();
    closed(session, "completed");
  }

  private void greeted(Session session, SidecarMessage message) {
    var hello = message.getHello();
    int epoch = hello.getHighestEpoch();
    if (!env.masters().isCredible(epoch) || !session.greet(epoch)) {
      violated(session, DenyReason.PROTOCOL_ERROR);
      return;
    }
    env.audit().streamOpened(who(session), hello.getVersion(), hello.getDataPlane());
    if (env.masters().report(epoch, session.caller().pod().display())) {
      listener.keysBehind();
    }
    listener.policyDue();
    listener.progressChanged();
  }

  /** Returns whether there was something to send, and it may be sent now. */
  private boolean send(Session session, PodPolicy policy, List<Integer> epochs, Instant now) {
    var sent = session.advance(policy, epochs, wanted(policy, epochs), encoder, now);
    sent.ifPresent(update -> {
      env.metrics().updateSent(update.full());
      var byPeering = new TreeMap<String, SortedMap<Integer, List<String>>>();
      update
          .issued()
          .forEach(key ->
              byPeering
                  .computeIfAbsent(key.peering(), peering -> new TreeMap<>())
                  .computeIfAbsent(key.epoch(), epoch -> new ArrayList<>())
                  .add(key.id()));
      byPeering.forEach((peering, byEpoch) ->
          byEpoch.forEach(
              (epoch, ids) -> env.audit().keysIssued(who(session), peering, epoch, ids)));
    });
    return sent.isPresent();
  }

  /** Whether the peers of a newcomer seal what they send to it, or were given the time to. */
  private boolean introduced(Session session, PodPolicy policy, Instant now) {
    if (!session.newcomer() || session.patienceOver(now)) {
      return true;
    }
    return policy.peers().values().stream()
        .filter(PeerLink::hasSidecar)
        .map(link -> open.get(link.uid()))
        .noneMatch(peer -> peer != null && peer.ignorantOf(policy.identity()));
  }

  private SentPolicy wanted(PodPolicy policy, List<Integer> epochs) {
    var peers = new HashMap<String, SentPolicy.SentPeer>();
    policy
        .peers()
        .forEach((identity, link) -> {
          var keys =
              link.hasSidecar()
                  ? epochs.stream()
                      .map(epoch ->
                          new SentPolicy.SentKey(
                              epoch,
                              KeyRing.mayInitiate(
                                  epoch,
                                  epochs,
                                  () ->
                                      acknowledges(policy.uid(), identity, epoch)
                                          && acknowledges(link.uid(), policy.identity(), epoch))))
                      .toList()
                  : List.<SentPolicy.SentKey>of();
          peers.put(identity, new SentPolicy.SentPeer(link, keys));
        });
    return SentPolicy.of(policy, peers);
  }

  private boolean acknowledges(String uid, String peerIdentity, int epoch) {
    var session = open.get(uid);
    return session != null && session.acknowledges(peerIdentity, epoch);
  }

  private void review(Session session) {
    switch (env.authenticator().admitAnew(session.caller().token())) {
      case Admission.Admitted admitted -> session.reviewed();
      case Admission.Denied denied -> {
        if (denied.reason().kind() == DenyReason.Kind.UNAVAILABLE) {
          session.reviewFailed(env.clock().instant());
        } else {
          forget(session);
          deny(session, denied.reason());
        }
      }
    }
  }

  private void violated(Session session, DenyReason reason) {
    forget(session);
    deny(session, reason);
  }

  private void deny(Session session, DenyReason reason) {
    env.metrics().streamDenied(reason.label());
    end(session, reason);
  }

  private void end(Session session, DenyReason reason) {
    if (session.close(Statuses.of(reason))) {
      closed(session, reason.label());
    }
  }

  private void forget(Session session) {
    if (open.remove(session.uid(), session)) {
      keepProgress(session);
      listener.progressChanged();
    }
  }

  private void keepProgress(Session session) {
    session
        .progress()
        .ifPresent(progress ->
            departed.put(
                session.uid(),
                new Departed(progress, env.clock().instant().plus(limits.linger()))));
  }

  private void closed(Session session, String reason) {
    if (session.greeted()) {
      env.audit().streamClosed(who(session), reason);
    } else {
      env.audit().streamDenied(session.caller().remote(), Optional.of(who(session)), reason);
    }
  }

  private static AuditLog.Who who(Session session) {
    var pod = session.caller().pod();
    return new AuditLog.Who(
        pod.display(), pod.uid(), pod.serviceAccount(), session.caller().node());
  }

  /** Spreads what began together, by a tenth to either side. */
  private static Duration jittered(Duration duration) {
    return duration.multipliedBy(900 + ThreadLocalRandom.current().nextInt(200)).dividedBy(1000);
  }
}
