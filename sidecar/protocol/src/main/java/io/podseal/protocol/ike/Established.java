package io.podseal.protocol.ike;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An authenticated IKE SA: its children, its timers, and one exchange of ours at a time. What a
 * rekey in place makes of it is {@link Succession}'s.
 */
final class Established implements State {
  private final SaCore core;
  private final int epoch;
  private final boolean initialContact;
  private final Instant authenticatedAt;
  private final Children children;
  private final ChildUpkeep upkeep;
  private final ExchangeQueue exchanges;
  private final Succession succession;
  private final CreateChildResponder creator;
  private final IkeUpkeep time;
  private final AddressUpdate moves;
  private Optional<CloseReason> closing = Optional.empty();

  /** Deleted or dead: only SAs that share its children still look at it. */
  private boolean over;

  /** What the answer to the request that is being handled makes. */
  private Optional<Established> answering = Optional.empty();

  /**
   * @param initialContact whether the peer said that it knows no other SA with us
   */
  Established(SaCore core, int epoch, boolean initialContact, Instant now) {
    this.core = core;
    this.epoch = epoch;
    this.initialContact = initialContact;
    this.authenticatedAt = now;
    this.children = new Children(this);
    this.upkeep = new ChildUpkeep(this);
    this.exchanges = new ExchangeQueue(core);
    this.succession = new Succession(this, Bytes.EMPTY);
    this.moves = new AddressUpdate();
    this.creator = new CreateChildResponder(this);
    this.time = new IkeUpkeep(this, now);
  }

  private Established(SaCore core, Established old, Bytes lowestNonce, Instant now) {
    this.core = core;
    this.epoch = old.epoch;
    this.initialContact = old.initialContact;
    this.authenticatedAt = old.authenticatedAt;
    this.children = old.children;
    this.upkeep = new ChildUpkeep(this);
    this.exchanges = new ExchangeQueue(core);
    this.succession = new Succession(this, lowestNonce);
    this.moves = old.moves;
    this.creator = new CreateChildResponder(this);
    this.time = new IkeUpkeep(this, now);
  }

  Established begin(List<Action> out) {
    out.add(
        new Action.Emit(
            new ProtocolEvent.IkeSaEstablished(
                core.peerLabel(),
                core.remote().toString(),
                core.isInitiator(),
                epoch,
                core.session().suite().toString(),
                core.spis(),
                core.behindNat(),
                Duration.between(core.begunAt(), authenticatedAt))));
    return this;
  }

  /** The SA that a rekey of this one has made; the endpoint learns of it from {@link SaCore}. */
  Established successor(Rekeyed terms, List<SecretBytes> secrets, Instant now) {
    SaCore next = core.successor(terms.weBegan(), terms.spiI(), terms.spiR(), now);
    next.session(core.session().rekeyed(next, terms, secrets));
    Established made = new Established(next, this, terms.lowestNonce(), now);
    if (!terms.weBegan()) {
      // A request on the SA that our answer makes must not overtake the answer.
      made.exchanges.hold();
      answering = Optional.of(made);
    }
    core.bear(IkeSa.successor(next, made));
    return made;
  }

  SaCore core() {
    return core;
  }

  Children children() {
    return children;
  }

  ChildUpkeep upkeep() {
    return upkeep;
  }

  /** Follows the peer to another address. */
  AddressUpdate moves() {
    return moves;
  }

  ExchangeQueue exchanges() {
    return exchanges;
  }

  Succession succession() {
    return succession;
  }

  /** Whether the children are this SA's and not its successor's. */
  boolean keepsChildren() {
    return children.keeper() == this;
  }

  int epoch() {
    return epoch;
  }

  boolean initialContact() {
    return initialContact;
  }

  /** When IKE_AUTH ended; a rekey does not change it. */
  Instant authenticatedAt() {
    return authenticatedAt;
  }

  boolean isClosing() {
    return closing.isPresent();
  }

  /** Why it is {@linkplain #isClosing() closing}. */
  CloseReason closeReason() {
    return closing.orElseThrow();
  }

  /** Whether it is time for another IKE SA to be authenticated in this one's place. */
  boolean isReplacementDue(Instant now) {
    return phase() == SaPhase.ESTABLISHED && lifetime().isReplacementDue(now);
  }

  /** When it is to be rekeyed or replaced. */
  IkeLifetime lifetime() {
    return time.lifetime();
  }

  /** Whether traffic may be moved here: a responder waits until the peer surely receives. */
  boolean awaitsProof() {
    return upkeep.isWaiting();
  }

  boolean mayCarryTraffic() {
    return !upkeep.isWaiting() && phase() == SaPhase.ESTABLISHED && hasChild();
  }

  boolean isSuperseded() {
    return time.isSuperseded();
  }

  boolean hasChild() {
    return keepsChildren() && children.newest().isPresent();
  }

  @Override
  public SaPhase phase() {
    return over || isClosing() || succession.isOver() ? SaPhase.CLOSING : SaPhase.ESTABLISHED;
  }

  @Override
  public boolean takes(ExchangeType exchange) {
    return switch (exchange) {
      case CREATE_CHILD_SA, IKE_FOLLOWUP_KE, INFORMATIONAL -> true;
      default -> false;
    };
  }

  @Override
  public State onRequest(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    time.heard(now);
    // Whoever gives the SA up may have thrown away what our answer let it make.
    if (message.all(DeletePayload.class).stream().noneMatch(DeletePayload::isOfIkeSa)) {
      upkeep.peerGoesOn(out);
    }
    return switch (message.header().exchange()) {
      case CREATE_CHILD_SA -> answer(message, creator.answer(message, in, now, out), in, now, out);
      case IKE_FOLLOWUP_KE -> answer(message, creator.followup(message, now, out), in, now, out);
      case INFORMATIONAL -> onInformational(message, in, now, out);
      default -> State.super.onRequest(message, in, now, out);
    };
  }

  private State answer(
      IkeMessage message, List<Payload> answer, Input.Received in, Instant now, List<Action> out) {
    core.respond(message.header(), answer, in, out);
    answering.ifPresent(made -> made.exchanges.release(now, out));
    answering = Optional.empty();
    if (!creator.isPending()) {
      children.keeper().upkeep.answeredAll(now, out);
    }
    boolean syntax =
        answer.getFirst() instanceof NotifyPayload n && n.notifyType() == NotifyType.INVALID_SYNTAX;
    // §2.21.3: INVALID_SYNTAX in a protected exchange ends the IKE SA at both ends.
    return syntax ? ended(CloseReason.INVALID_SYNTAX, now, out) : this;
  }

  private State onInformational(
      IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    core.crashes().learn(message);
    InformationalResponder.Answer answer = InformationalResponder.answer(this, message, now, out);
    // §2.21.2: the initiator alone learns only from our answer that it cannot authenticate us.
    boolean disavowed = !core.isInitiator() && message.has(NotifyType.AUTHENTICATION_FAILED);
    if (disavowed || answer.deletesIkeSa()) {
      core.respond(message.header(), answer.payloads(), in, out);
    } else {
      List<Payload> payloads = new ArrayList<>(answer.payloads());
      payloads.addAll(moves.answer(this, message, in, out));
      core.respond(message.header(), payloads, in, out);
      moves.check(this, now, out);
      message.all(NotifyPayload.class).stream()
          .filter(n -> n.notifyType() == NotifyType.INVALID_SPI && n.data().length() == 4)
          .forEach(n -> upkeep.peerLacks(n.data().s32(0), now, out));
    }
    if (disavowed) {
      return ended(CloseReason.AUTHENTICATION_FAILED, now, out);
    }
    return answer.deletesIkeSa()
        ? ended(closing.orElse(CloseReason.DELETED_BY_PEER), now, out)
        : this;
  }

  @Override
  public State onResponse(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    time.heard(now);
    Optional<Exchange> answered = exchanges.answered();
    if (answered.isEmpty()) {
      return State.super.onResponse(message, in, now, out);
    }
    if (message.has(NotifyType.INVALID_SYNTAX)) {
      answered.get().abandon(now);
      return ended(CloseReason.INVALID_SYNTAX, now, out);
    }
    State next = answered.get().onResponse(message, now, out);
    if (next == this) {
      exchanges.pump(now, out);
    }
    return next;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    switch (input) {
      case Input.TimerFired t -> onTimer(now, out);
      case Input.CarryTraffic c -> {
        if (c.carries()) {
          time.notSuperseded();
          upkeep.carryTraffic(out);
        } else if (keepsChildren()) {
          children.stopCarrying();
        }
      }
      case Input.FirstInbound f -> upkeep.onFirstInbound(f.inboundSpi(), out);
      case Input.RemoteMoved m -> moves.heardFrom(m.from(), this, now, out);
      case Input.Traffic t -> {
        children
            .byInbound(t.inboundSpi())
            .ifPresent(c -> c.traffic(t.lastInbound(), t.lastOutbound()));
        time.checkLiveness(now, out);
      }
      case Input.UnknownSpi u -> begin(new InvalidSpiNotice(this, u.spi()), now, out);
      case Input.Worn w -> children.byInbound(w.inboundSpi()).ifPresent(c -> c.wornOut(now));
      case Input.Superseded s -> time.superseded(now.plus(IkeTimers.REKEYED_CHILD_LINGER));
      case Input.RekeyChild r ->
          children.inUse().ifPresent(c -> begin(new ChildRekey(this, c), now, out));
      case Input.RekeyIke r -> begin(new IkeRekey(this), now, out);
      case Input.Close c -> {
        return close(c.reason(), now, out);
      }
      case Input.Forget f -> {
        return forgotten(f.reason(), now, out);
      }
      case Input.PacketWaiting p -> upkeep.ensureChild(now, out);
      case Input.StopReceiving s -> throw new IllegalStateException("it has not ended");
      case Input.Received r -> throw new IllegalStateException("datagrams go through the window");
    }
    return this;
  }

  private void onTimer(Instant now, List<Action> out) {
    upkeep.onTimer(now, out);
    if (creator.expire(now)) {
      upkeep.answeredAll(now, out);
    }
    time.onTimer(now, out);
  }

  /** Whether key exchanges that the peer began are under way. */
  boolean isAnswering() {
    return creator.isPending();
  }

  /** Begins an exchange now or after those before it. */
  State begin(Exchange exchange, Instant now, List<Action> out) {
    exchanges.begin(exchange, now, out);
    return this;
  }

  /** Goes on with another message of the exchange that was just answered. */
  State goOn(Exchange exchange, Instant now, List<Action> out) {
    exchanges.goOn(exchange, now, out);
    return this;
  }

  /** Gives what it has to {@code heir}; the peer deletes this SA, or we do after a while. */
  void yieldTo(Established heir, Instant now, List<Action> out) {
    children.keptBy(heir);
    heir.core.succeeds(core);
    upkeep.yieldTo(heir.upkeep);
    time.yieldTo(heir.time, now);
    moves.inherited(this, heir, now, out);
    exchanges.drain().forEach(e -> e.movedTo(heir).ifPresent(m -> heir.begin(m, now, out)));
    if (heir.core.isInitiator()) {
      heir.begin(new CrashTokenUpdate(heir), now, out);
    }
  }

  /** Another SA has taken the place that this one was made for; the peer will delete it. */
  void retire(Instant now) {
    time.superseded(now.plus(IkeTimers.HANDSHAKE_TIMEOUT));
  }

  /**
   * Tells the peer and ends; if traffic only moves elsewhere, children receive until it answers.
   */
  Established close(CloseReason reason, Instant now, List<Action> out) {
    if (!reason.keepsReceiving()) {
      // Also if it is closing already, for a reason that lets children receive for a while.
      removeChildren(now, out);
    }
    if (closing.isEmpty()) {
      closing = Optional.of(reason);
      exchanges.drain();
      // §2.25: nothing new comes of an SA that is closed, nor of key exchanges under way there.
      creator.forget(now);
      begin(new IkeDelete(this, reason), now, out);
    }
    return this;
  }

  void removeChildren(Instant now, List<Action> out) {
    if (keepsChildren()) {
      children.removeAll(now, out);
    }
  }

  Ended ended(CloseReason reason, Instant now, List<Action> out) {
    over = true;
    exchanges.end(now);
    creator.forget(now);
    succession.ended(now, out);
    CloseReason why = keepsChildren() ? reason : CloseReason.REKEYED;
    return Ended.after(this, why, now);
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    // §2.4: an unanswered request ends the IKE SA and all its children, without a Delete.
    return forgotten(closing.orElse(CloseReason.NO_ANSWER), now, out);
  }

  /** It ends without a word; what the peer's rekey has made of it goes on. */
  private Dead forgotten(CloseReason reason, Instant now, List<Action> out) {
    over = true;
    exchanges.end(now);
    creator.forget(now);
    succession.ended(now, out);
    removeChildren(now, out);
    return new Dead(reason);
  }

  @Override
  public Optional<Instant> deadline() {
    Instant earliest = time.deadline();
    earliest = upkeep.deadline().filter(earliest::isAfter).orElse(earliest);
    earliest = creator.deadline().filter(earliest::isAfter).orElse(earliest);
    return Optional.of(earliest).filter(Instant.MAX::isAfter);
  }
}
