package io.podseal.controller.control;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.podseal.control.v1.Ack;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.LiveSa;
import io.podseal.control.v1.SaReport;
import io.podseal.controller.identity.DenyReason;
import io.podseal.controller.model.PodPolicy;
import io.podseal.controller.model.PodRecord;
import io.podseal.controller.model.SidecarProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One stream of one sidecar: what it was told, what it acknowledged, and its deadlines.
 *
 * <p>At most one update is without acknowledgement at a time; changes meanwhile go into the next.
 * Safe for use by several threads.
 */
final class Session {
  /**
   * What one update was.
   *
   * @param full whether it was everything
   */
  record SentUpdate(boolean full, List<PolicyEncoder.IssuedKey> issued) {}

  private final Caller caller;
  private final ServerCallStreamObserver<ControllerMessage> out;
  private final ControlLimits limits;
  private final Instant opened;

  private boolean closed;
  private boolean greeted;
  private int highestEpoch;
  private long revision;
  private boolean resend = true;
  private boolean acknowledgedOnce;
  private @Nullable Instant unacknowledgedSince;
  private Instant notBefore = Instant.MIN;
  private SentPolicy sent = SentPolicy.NONE;
  private @Nullable PodPolicy sentFrom;
  private List<Integer> sentEpochs = List.of();
  private SentPolicy acknowledged = SentPolicy.NONE;
  private String problem = "";
  private Set<String> liveIdentities = Set.of();
  private Instant nextReview;
  private @Nullable Instant reviewsFailSince;
  private @Nullable Instant newcomerSince;

  Session(
      Caller caller,
      ServerCallStreamObserver<ControllerMessage> out,
      ControlLimits limits,
      Instant now,
      Duration firstReview) {
    this.caller = caller;
    this.out = out;
    this.limits = limits;
    this.opened = now;
    this.nextReview = now.plus(firstReview);
  }

  Caller caller() {
    return caller;
  }

  String uid() {
    return caller.pod().uid();
  }

  /** Takes the first message; false if there was one before. */
  synchronized boolean greet(int epoch) {
    if (greeted) {
      return false;
    }
    greeted = true;
    highestEpoch = epoch;
    return true;
  }

  synchronized boolean greeted() {
    return greeted;
  }

  /** Whether it may be told anything: it introduced itself and our keys are as new as its own. */
  synchronized boolean ready(int newestEpoch) {
    return !closed && greeted && newestEpoch > 0 && newestEpoch >= highestEpoch;
  }

  /** Whether it waits for its first policy. */
  synchronized boolean newcomer() {
    return !closed && greeted && revision == 0;
  }

  /** Whether its first policy has waited long enough for the peers. */
  synchronized boolean patienceOver(Instant now) {
    if (newcomerSince == null) {
      newcomerSince = now;
    }
    return !now.isBefore(newcomerSince.plus(limits.introduction()));
  }

  /** Whether its sidecar is at work but has not acknowledged this peer. */
  synchronized boolean ignorantOf(String identity) {
    return acknowledgedOnce && !acknowledged.peers().containsKey(identity);
  }

  /** Whether {@link #advance} may have something to send. */
  synchronized boolean outdated(PodPolicy policy, List<Integer> epochs) {
    // With two epochs, acknowledgements of others decide which key may initiate.
    return unacknowledgedSince == null
        && (resend || epochs.size() > 1 || !epochs.equals(sentEpochs) || !policy.equals(sentFrom));
  }

  /** Whether it works by another policy than this one, which it was not told yet. */
  synchronized boolean behind(PodPolicy policy) {
    return !closed && revision > 0 && !policy.equals(sentFrom);
  }

  /** Whether its sidecar could not apply the last update. */
  synchronized boolean refused() {
    return !closed && !problem.isEmpty();
  }

  /**
   * Sends what changed, unless an update is still without acknowledgement.
   *
   * @return what was sent, if something was
   */
  synchronized Optional<SentUpdate> advance(
      PodPolicy policy,
      List<Integer> epochs,
      SentPolicy wanted,
      PolicyEncoder encoder,
      Instant now) {
    if (closed || unacknowledgedSince != null || now.isBefore(notBefore)) {
      return Optional.empty();
    }
    sentFrom = policy;
    sentEpochs = epochs;
    boolean full = resend;
    if (!full && wanted.equals(sent)) {
      return Optional.empty();
    }
    revision++;
    try (var update =
        full ? encoder.full(revision, wanted) : encoder.delta(revision, sent, wanted)) {
      out.onNext(update.message());
      sent = wanted;
      resend = false;
      unacknowledgedSince = now;
      return Optional.of(new SentUpdate(full, update.issued()));
    }
  }

  /** Takes an acknowledgement; false if it is for something that was never sent. */
  synchronized boolean acknowledge(Ack ack, Instant now) {
    if (Long.compareUnsigned(ack.getRevision(), revision) > 0) {
      return false;
    }
    if (ack.getRevision() != revision || unacknowledgedSince == null) {
      return true;
    }
    unacknowledgedSince = null;
    problem = ack.getError();
    if (problem.isEmpty()) {
      acknowledged = sent;
      acknowledgedOnce = true;
    } else {
      resend = true;
      notBefore = now.plus(limits.retryAfterRefusal());
    }
    return true;
  }

  /** Takes a report; SAs with pods that are no peers are not counted. */
  synchronized void report(SaReport report) {
    var live = new HashSet<String>();
    for (LiveSa sa : report.getSasList()) {
      if (sa.getChildSas() > 0 && sent.peers().containsKey(sa.getPeerIdentity())) {
        live.add(sa.getPeerIdentity());
      }
    }
    liveIdentities = live;
  }

  /** Whether the sidecar acknowledged the key of {@code epoch} with this peer. */
  synchronized boolean acknowledges(String peerIdentity, int epoch) {
    var peer = acknowledged.peers().get(peerIdentity);
    return peer != null && peer.hasEpoch(epoch);
  }

  /** Empty before the first acknowledgement. */
  synchronized Optional<SidecarProgress> progress() {
    if (!acknowledgedOnce && problem.isEmpty()) {
      return Optional.empty();
    }
    var keyed = new HashSet<String>();
    var live = new HashSet<String>();
    acknowledged
        .peers()
        .forEach((identity, peer) -> {
          if (!peer.keys().isEmpty()) {
            keyed.add(peer.link().uid());
          }
          if (liveIdentities.contains(identity)) {
            live.add(peer.link().uid());
          }
        });
    return Optional.of(new SidecarProgress(keyed, live, problem));
  }

  /** Why the stream must end now by its deadlines; empty if it may go on. */
  synchronized Optional<DenyReason> overdue(Instant now, Supplier<Optional<PodRecord>> pod) {
    if (!greeted && now.isAfter(opened.plus(limits.helloDeadline()))) {
      return Optional.of(DenyReason.NO_HELLO);
    }
    if (unacknowledgedSince != null
        && now.isAfter(unacknowledgedSince.plus(limits.acknowledgementDeadline()))) {
      return Optional.of(DenyReason.NO_ACKNOWLEDGEMENT);
    }
    if (now.isAfter(caller.tokenExpiry().plus(limits.expiryGrace()))) {
      return Optional.of(DenyReason.TOKEN_EXPIRED);
    }
    // Deletions are acted on at once elsewhere; this finds what slipped between two of them.
    if (now.isAfter(opened.plus(limits.helloDeadline()))) {
      var record = pod.get();
      if (record.isEmpty()) {
        return Optional.of(DenyReason.POD_UNKNOWN);
      }
      if (record.get().finished()) {
        return Optional.of(DenyReason.POD_FINISHED);
      }
    }
    return reviewsFailSince != null && now.isAfter(reviewsFailSince.plus(limits.reviewPatience()))
        ? Optional.of(DenyReason.API_UNAVAILABLE)
        : Optional.empty();
  }

  /** Whether to review the token now; if so the next time is {@code next} later. */
  synchronized boolean reviewDue(Instant now, Duration next) {
    if (closed || now.isBefore(nextReview)) {
      return false;
    }
    nextReview = now.plus(next);
    return true;
  }

  synchronized void reviewed() {
    reviewsFailSince = null;
  }

  synchronized void reviewFailed(Instant now) {
    if (reviewsFailSince == null) {
      reviewsFailSince = now;
    }
    nextReview = now.plus(limits.reviewRetry());
  }

  /** Ends the stream; false if it had ended. */
  synchronized boolean close(Status status) {
    if (closed) {
      return false;
    }
    closed = true;
    out.onError(status.asRuntimeException());
    return true;
  }

  /** The sidecar ended the stream; false if it had ended. */
  synchronized boolean left() {
    if (closed) {
      return false;
    }
    closed = true;
    return true;
  }

  /** The caller closed its half in order. */
  synchronized void complete() {
    if (!closed) {
      closed = true;
      out.onCompleted();
    }
  }
}
