package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An authenticated IKE SA: its children, its timers, and one exchange of ours at a time. */
final class Established implements State {
  private final SaCore core;
  private final int epoch;
  private final boolean initialContact;
  private final Instant establishedAt;
  private Instant replaceAt;
  private final Instant expiresAt;
  private final Children children;
  private final Deque<Exchange> queue = new ArrayDeque<>();
  private @Nullable Exchange current;
  private Optional<CloseReason> closing = Optional.empty();
  private Optional<Instant> sendsAt = Optional.empty();
  private Optional<Instant> supersededAt = Optional.empty();
  private Instant heardAt;
  private Instant keepaliveAt;

  /**
   * @param initialContact whether the peer said that it knows no other SA with us
   */
  Established(SaCore core, int epoch, boolean initialContact, Instant now) {
    this.core = core;
    this.epoch = epoch;
    this.initialContact = initialContact;
    this.establishedAt = now;
    this.heardAt = now;
    this.keepaliveAt = now.plus(IkeTimers.KEEPALIVE);
    this.children = new Children(core);
    Lifetimes lifetimes = core.peer().lifetimes();
    Duration hard = Lifetimes.hard(lifetimes.ike());
    boolean lower = core.ctx().self().identity().compareTo(core.peer().identity()) < 0;
    this.replaceAt =
        now.plus(
            lower
                ? Jitter.shortened(core.ctx().random(), lifetimes.ike())
                : lifetimes.ike().plus(hard.minus(lifetimes.ike()).dividedBy(2)));
    this.expiresAt = now.plus(hard);
  }

  Established begin(List<Action> out) {
    out.add(
        new Action.Emit(
            new ProtocolEvent.IkeSaEstablished(
                core.peerLabel(),
                core.remote().toString(),
                core.isInitiator(),
                epoch,
                core.session().suite().encryption()
                    + "/"
                    + core.session().suite().prf()
                    + "/"
                    + core.session().suite().keyExchange(),
                core.spis(),
                core.behindNat(),
                Duration.between(core.begunAt(), establishedAt))));
    return this;
  }

  /** A responder sends on its first child once the peer surely receives there. */
  void sendLater(Instant when) {
    sendsAt = Optional.of(when);
  }

  SaCore core() {
    return core;
  }

  Children children() {
    return children;
  }

  int epoch() {
    return epoch;
  }

  boolean initialContact() {
    return initialContact;
  }

  Instant establishedAt() {
    return establishedAt;
  }

  boolean isClosing() {
    return closing.isPresent();
  }

  /** Whether it is time for another IKE SA to take this one's place. */
  boolean isReplacementDue(Instant now) {
    return !isClosing() && !replaceAt.isAfter(now);
  }

  /** A replacement is on its way; if it fails, the next try is due then. */
  void retryReplacementAt(Instant when) {
    replaceAt = when;
  }

  /** Whether traffic may be moved here: a responder waits until the peer surely receives. */
  boolean mayCarryTraffic() {
    return sendsAt.isEmpty() && !isClosing() && children.newest().isPresent();
  }

  @Override
  public SaPhase phase() {
    return isClosing() ? SaPhase.CLOSING : SaPhase.ESTABLISHED;
  }

  @Override
  public boolean takes(ExchangeType exchange) {
    return exchange == ExchangeType.CREATE_CHILD_SA || exchange == ExchangeType.INFORMATIONAL;
  }

  @Override
  public State onRequest(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    heardAt = now;
    return switch (message.header().exchange()) {
      case CREATE_CHILD_SA -> onCreateChild(message, in, now, out);
      case INFORMATIONAL -> onInformational(message, in, now, out);
      default -> State.super.onRequest(message, in, now, out);
    };
  }

  private State onCreateChild(
      IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    List<Payload> answer = ChildRekeyResponder.answer(this, message, in, now, out);
    core.respond(message.header(), answer, in, out);
    boolean syntax =
        answer.getFirst() instanceof NotifyPayload n && n.notifyType() == NotifyType.INVALID_SYNTAX;
    // §2.21.3: INVALID_SYNTAX in a protected exchange ends the IKE SA at both ends.
    return syntax ? ended(CloseReason.INVALID_SYNTAX, now) : this;
  }

  private State onInformational(
      IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    InformationalResponder.Answer answer = InformationalResponder.answer(this, message, now, out);
    core.respond(message.header(), answer.payloads(), in, out);
    if (answer.deletesIkeSa()) {
      return ended(closing.orElse(CloseReason.DELETED_BY_PEER), now);
    }
    boolean childless = answer.deletedChildren() && children.newest().isEmpty();
    return childless ? close(CloseReason.DELETED_BY_PEER, now, out) : this;
  }

  @Override
  public State onResponse(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    heardAt = now;
    Exchange answered = current;
    current = null;
    if (answered == null) {
      return State.super.onResponse(message, in, now, out);
    }
    boolean fatal =
        message.has(NotifyType.INVALID_SYNTAX)
            || message.has(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD);
    if (fatal) {
      answered.abandon(now);
      return ended(CloseReason.INVALID_SYNTAX, now);
    }
    State next = answered.onResponse(message, now, out);
    if (next == this) {
      pump(now, out);
    }
    return next;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    switch (input) {
      case Input.TimerFired t -> onTimer(now, out);
      case Input.CarryTraffic c -> {
        if (c.carries()) {
          supersededAt = Optional.empty();
          sendsAt = Optional.empty();
          children.carryTraffic(out);
        } else {
          children.stopCarrying();
        }
      }
      case Input.FirstInbound f -> onFirstInbound(f.inboundSpi(), out);
      case Input.RemoteMoved m -> {
        // An address learnt from ESP alone must first answer for itself; pods without NAT never
        // move.
        if (core.peerBehindNat() && !m.from().equals(core.remote())) {
          if (current == null) {
            begin(Liveness.at(this, m.from()), now, out);
          } else {
            core.window().alsoTo(m.from());
          }
        }
      }
      case Input.Traffic t -> {
        children
            .byInbound(t.inboundSpi())
            .ifPresent(c -> c.traffic(t.lastInbound(), t.lastOutbound()));
        checkLiveness(now, out);
      }
      case Input.Superseded s ->
          supersededAt = Optional.of(now.plus(IkeTimers.REKEYED_CHILD_LINGER));
      case Input.RekeyChild r ->
          children.inUse().ifPresent(c -> begin(new ChildRekey(this, c), now, out));
      case Input.Close c -> {
        return close(c.reason(), now, out);
      }
      case Input.Forget f -> {
        abandon(now);
        children.removeAll(now, out);
        return new Dead(f.reason());
      }
      case Input.PacketWaiting p -> {}
      case Input.Received r -> throw new IllegalStateException("datagrams go through the window");
    }
    return this;
  }

  /** The peer's NAT gave it another address or port (§2.23). */
  void moveTo(Endpoint to, List<Action> out) {
    core.moveTo(to, true);
    core.window().alsoTo(to);
    children.moveRemote(out);
  }

  /** §2.8: a packet on the new SA proves that the peer has our answer. */
  private void onFirstInbound(int spi, List<Action> out) {
    sendsAt = Optional.empty();
    children
        .byInbound(spi)
        .filter(ChildSa::isUsable)
        .filter(c -> children.newest().filter(n -> n == c).isPresent())
        .ifPresent(c -> children.select(c, out));
  }

  private void onTimer(Instant now, List<Action> out) {
    if (sendsAt.filter(at -> !at.isAfter(now)).isPresent()) {
      sendsAt = Optional.empty();
    }
    for (ChildSa child : List.copyOf(children.all())) {
      if (child.stage() == ChildSa.Stage.LINGERING) {
        if (child.isExpired(now)) {
          children.remove(child, "replaced", now, out);
        }
      } else if (child.isExpired(now)) {
        if (child.stage() != ChildSa.Stage.DELETING) {
          child.stage(ChildSa.Stage.DELETING);
          children.leave(child, out);
          begin(new ChildDelete(this, child, "its lifetime is over"), now, out);
        }
      } else if (child.isRekeyDue(now)) {
        child.stage(ChildSa.Stage.REKEYING);
        begin(new ChildRekey(this, child), now, out);
      }
    }
    if (supersededAt.filter(at -> !at.isAfter(now)).isPresent()) {
      supersededAt = Optional.empty();
      close(CloseReason.REPLACED, now, out);
    }
    if (!isClosing() && !expiresAt.isAfter(now)) {
      close(CloseReason.LIFETIME, now, out);
    }
    // RFC 3948 §4: only the end behind the NAT keeps its mapping alive.
    if (core.behindNat() && !keepaliveAt.isAfter(now)) {
      keepaliveAt = now.plus(IkeTimers.KEEPALIVE);
      out.add(new Action.Keepalive(core.remote()));
    }
  }

  /** RFC 7296 §2.4: only when we send and hear nothing is the peer asked whether it lives. */
  private void checkLiveness(Instant now, List<Action> out) {
    Instant heard = heardAt.isAfter(children.lastInbound()) ? heardAt : children.lastInbound();
    boolean silent = !heard.plus(core.peer().lifetimes().liveness()).isAfter(now);
    if (silent && children.lastOutbound().isAfter(heard) && current == null && queue.isEmpty()) {
      begin(Liveness.of(this), now, out);
    }
  }

  /** The peer has replaced {@code old}: keep sending there until {@code made} surely receives. */
  void rekeyedByPeer(ChildSa old, ChildSa made, Instant now) {
    children.add(made);
    if (current instanceof ChildRekey ours && ours.old() == old) {
      ours.crossed(made);
    } else {
      old.stage(ChildSa.Stage.REPLACED);
    }
  }

  /** Begins an exchange now or after those before it. */
  State begin(Exchange exchange, Instant now, List<Action> out) {
    queue.addLast(exchange);
    pump(now, out);
    return this;
  }

  private void pump(Instant now, List<Action> out) {
    while (current == null && !queue.isEmpty()) {
      Exchange next = queue.removeFirst();
      Optional<List<Payload>> request = next.request(now);
      if (request.isPresent()) {
        current = next;
        Endpoint to = next.probes().orElse(core.remote());
        core.request(next.type(), request.get(), to, next.timeout(), now, out);
        core.window().alsoTo(core.remote());
      }
    }
  }

  /**
   * Tells the peer and ends; if traffic only moves elsewhere, children receive until it answers.
   */
  Established close(CloseReason reason, Instant now, List<Action> out) {
    if (closing.isEmpty()) {
      closing = Optional.of(reason);
      queue.clear();
      if (!reason.keepsReceiving()) {
        children.removeAll(now, out);
      }
      begin(new IkeDelete(this, reason), now, out);
    }
    return this;
  }

  private void abandon(Instant now) {
    Exchange exchange = current;
    if (exchange != null) {
      exchange.abandon(now);
      current = null;
    }
  }

  Ended ended(CloseReason reason, Instant now) {
    abandon(now);
    return new Ended(children, reason, now.plus(IkeTimers.REKEYED_CHILD_LINGER));
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    // §2.4: an unanswered request ends the IKE SA and all its children, without a Delete.
    abandon(now);
    children.removeAll(now, out);
    return new Dead(closing.orElse(CloseReason.NO_ANSWER));
  }

  @Override
  public Optional<Instant> deadline() {
    Instant earliest = isClosing() ? Instant.MAX : expiresAt;
    if (!isClosing() && replaceAt.isBefore(earliest)) {
      earliest = replaceAt;
    }
    earliest = sendsAt.filter(earliest::isAfter).orElse(earliest);
    earliest = supersededAt.filter(earliest::isAfter).orElse(earliest);
    earliest = children.deadline().filter(earliest::isAfter).orElse(earliest);
    if (core.behindNat() && keepaliveAt.isBefore(earliest)) {
      earliest = keepaliveAt;
    }
    return Optional.of(earliest).filter(Instant.MAX::isAfter);
  }
}
