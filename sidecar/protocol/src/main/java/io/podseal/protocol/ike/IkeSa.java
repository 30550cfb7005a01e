package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One IKE SA (RFC 7296): inputs and the time go in, actions come out. The message window and the
 * protection of messages are here; what a message means is the {@link State}'s.
 *
 * <p>Confined to one thread. Does no I/O and reads no clock. Bad input gives {@link Action.Drop},
 * never an exception.
 */
public final class IkeSa {
  private final SaCore core;
  private final boolean replaces;
  private final int attemptedEpoch;
  private State state;

  private IkeSa(SaCore core, boolean replaces, int attemptedEpoch, State state) {
    this.core = core;
    this.replaces = replaces;
    this.attemptedEpoch = attemptedEpoch;
    this.state = state;
  }

  /** Begins an IKE SA. */
  public static IkeSa initiate(
      IkeContext ctx, Peer peer, Initiation initiation, Instant now, List<Action> out) {
    Endpoint remote = new Endpoint(peer.addresses().getFirst(), Ports.IKE);
    SaCore core = new SaCore(ctx, true, ctx.randomIkeSpi(), 0, remote, now);
    core.peer(peer);
    State state = SaInitInitiator.start(core, initiation, now, out);
    return new IkeSa(core, initiation.replaces(), initiation.key().epoch(), state);
  }

  /** Answers an IKE_SA_INIT request; empty when it is refused and nothing is kept. */
  public static Optional<IkeSa> respond(
      IkeContext ctx, Input.Received in, Instant now, List<Action> out) {
    long spiInitiator = in.datagram().header().spiInitiator();
    SaCore core = new SaCore(ctx, false, spiInitiator, ctx.randomIkeSpi(), in.from(), now);
    return SaInitResponder.answer(core, in, now, out)
        .map(state -> new IkeSa(core, false, 0, state));
  }

  /** The SA that a rekey has made (§2.18). */
  static IkeSa successor(SaCore core, Established state) {
    return new IkeSa(core, false, 0, state);
  }

  /** SAs that a rekey has made since the last call. */
  public List<IkeSa> takeOffspring() {
    return core.takeOffspring();
  }

  /** Handles one input; the actions are to be run in order. */
  public List<Action> handle(Input input, Instant now) {
    List<Action> out = new ArrayList<>();
    State before = state;
    switch (input) {
      case Input.Received in -> received(in, now, out);
      case Input.TimerFired t -> timer(now, out);
      default -> state = state.on(input, now, out);
    }
    if (phase() == SaPhase.ESTABLISHED && core.window().isExhausted()) {
      state = state.on(new Input.Close(CloseReason.MESSAGE_IDS_EXHAUSTED), now, out);
    }
    settle(before, out);
    return out;
  }

  private void settle(State before, List<Action> out) {
    if (state instanceof Over over && !(before instanceof Over)) {
      // Nothing of ours is in flight any more; answers to repeated requests remain.
      core.window().answered();
      core.forgetFragments();
      out.add(
          new Action.Emit(
              new ProtocolEvent.IkeSaClosed(
                  core.peerLabel(),
                  core.remote().toString(),
                  core.spis(),
                  over.reason(),
                  before instanceof Established)));
    }
    if (state instanceof Dead) {
      core.window().close();
      core.destroyKeys();
    }
  }

  private void timer(Instant now, List<Action> out) {
    if (core.window().isExhausted(now)) {
      core.window().answered();
      state = state.onNoAnswer(now, out);
      return;
    }
    core.expireFragments(now, out);
    out.addAll(core.window().due(now));
    state = state.on(new Input.TimerFired(), now, out);
  }

  private void received(Input.Received in, Instant now, List<Action> out) {
    Datagram datagram = in.datagram();
    IkeHeader header = datagram.header();
    // The I flag tells the two ends of an IKE SA apart: our own messages do not come back.
    if (header.fromOriginalInitiator() == core.isInitiator()) {
      SaCore.drop(DropReason.IKE_REFLECTED, out);
      return;
    }
    if (header.exchange() == ExchangeType.IKE_SA_INIT) {
      saInit(in, now, out);
    } else if (isCrash(datagram)) {
      state = state.on(new Input.Forget(CloseReason.PEER_CRASHED), now, out);
    } else if (datagram.encrypted().isEmpty()) {
      // §2.21.3, §1.5: what is not protected is a hint at most.
      SaCore.drop(DropReason.IKE_NOT_ENCRYPTED, out);
    } else if (core.sessionOrNull() == null) {
      SaCore.drop(DropReason.IKE_UNEXPECTED, out);
    } else if (header.response()) {
      response(in, now, out);
    } else {
      request(in, now, out);
    }
  }

  /** RFC 6290 §4.5: the token that the peer left with us, shown in clear, ends the SA at once. */
  private boolean isCrash(Datagram datagram) {
    return state instanceof Established
        && datagram.header().response()
        && datagram.encrypted().isEmpty()
        && core.crashes().isProvenBy(datagram.clearMessage());
  }

  private void saInit(Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    switch (state) {
      case SaInitInitiator init
          when header.response() && core.window().awaits(header.exchange(), header.messageId()) ->
          state = init.onInit(in, now, out);
      case HalfOpen waiting when !header.response() ->
          waiting
              .answerTo(in.datagram().bytes())
              .ifPresentOrElse(
                  answer -> out.add(SaCore.answer(answer, in)),
                  () -> SaCore.drop(DropReason.IKE_DUPLICATE, out));
      default -> SaCore.drop(DropReason.IKE_DUPLICATE, out);
    }
  }

  private void response(Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    if (!core.window().awaits(header.exchange(), header.messageId())) {
      SaCore.drop(DropReason.IKE_MESSAGE_ID, out);
      return;
    }
    Optional<Incoming.Complete> whole = open(in, now, out);
    if (whole.isEmpty()) {
      return;
    }
    switch (MessageDecoder.decodeInner(whole.get().outer(), whole.get().inner())) {
      case Decoded.Ok<IkeMessage> ok -> {
        log(in, ok.value(), whole.get());
        core.window().answered();
        established().ifPresent(e -> e.moves().followNat(e, in, out));
        state = state.onResponse(ok.value(), in, now, out);
      }
      case Decoded.Malformed<IkeMessage> bad -> {
        // An authenticated peer that cannot be understood is not one to go on with (§2.21.3).
        SaCore.drop(bad.reason(), out);
        core.refused(false, NotifyType.name(NotifyType.INVALID_SYNTAX), bad.detail(), out);
        core.window().answered();
        state = state.on(new Input.Forget(CloseReason.INVALID_SYNTAX), now, out);
      }
    }
  }

  private void request(Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    if (core.window().repeatsLast(in.datagram())) {
      // §2.1: a repeated request gets the same octets again, wherever it came from.
      out.addAll(core.window().answerAgain(in.from(), SaCore.isEncapsulated(in)));
      return;
    }
    if (in.datagram().fragment().isPresent() && core.window().isAnswered(header.messageId())) {
      repeatedFragment(in, out);
      return;
    }
    if (!core.window().isExpected(header.messageId())) {
      SaCore.drop(DropReason.IKE_MESSAGE_ID, out);
      return;
    }
    if (!state.takes(header.exchange())) {
      SaCore.drop(DropReason.IKE_UNEXPECTED, out);
      return;
    }
    Optional<Incoming.Complete> whole = open(in, now, out);
    if (whole.isEmpty()) {
      return;
    }
    core.window().accepted(whole.get().outer());
    established().ifPresent(e -> e.moves().followNat(e, in, out));
    switch (MessageDecoder.decodeInner(whole.get().outer(), whole.get().inner())) {
      case Decoded.Ok<IkeMessage> ok -> {
        log(in, ok.value(), whole.get());
        Optional<Integer> critical = ok.value().unknownCritical();
        if (critical.isPresent()) {
          // §2.5: refuse the whole request and name the payload.
          byte[] type = {critical.get().byteValue()};
          answerError(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Bytes.copyOf(type), in, out);
        } else {
          state = state.onRequest(ok.value(), in, now, out);
        }
      }
      case Decoded.Malformed<IkeMessage> bad -> {
        SaCore.drop(bad.reason(), out);
        core.refused(false, NotifyType.name(NotifyType.INVALID_SYNTAX), bad.detail(), out);
        answerError(NotifyType.INVALID_SYNTAX, Bytes.EMPTY, in, out);
        // §2.21.3: INVALID_SYNTAX in a protected message ends the IKE SA at both ends.
        state = state.on(new Input.Forget(CloseReason.INVALID_SYNTAX), now, out);
      }
    }
  }

  private void log(Input.Received in, IkeMessage message, Incoming.Complete whole) {
    core.ctx().options().messages().opened(in, message, whole.fragments());
  }

  /** A whole message, once {@code in} is one or completes one. */
  private Optional<Incoming.Complete> open(Input.Received in, Instant now, List<Action> out) {
    switch (core.open(in.datagram(), now)) {
      case Incoming.Complete complete -> {
        return Optional.of(complete);
      }
      case Incoming.Partial kept -> {}
      case Incoming.Refused refused -> SaCore.drop(refused.reason(), out);
      case Incoming.TooLong tooLong -> {
        // RFC 7383 §5: an attack or a broken sender; either way there is no going on.
        SaCore.drop(DropReason.IKE_FRAGMENT_LIMIT, out);
        core.refused(false, "", "a message too long to accept: " + tooLong.detail(), out);
        state = state.on(new Input.Forget(CloseReason.FRAGMENT_LIMIT), now, out);
      }
    }
    return Optional.empty();
  }

  /** RFC 7383 §2.6.1: of a request that is answered, only the first fragment is heard again. */
  private void repeatedFragment(Input.Received in, List<Action> out) {
    Datagram datagram = in.datagram();
    if (datagram.fragment().filter(f -> f.number() == 1).isEmpty()) {
      SaCore.drop(DropReason.IKE_FRAGMENT_DUPLICATE, out);
      return;
    }
    if (!core.isAuthentic(datagram)) {
      SaCore.drop(DropReason.IKE_INTEGRITY, out);
      return;
    }
    core.window().shrinkAnswer(datagram.bytes().length);
    out.addAll(core.window().answerAgain(in.from(), SaCore.isEncapsulated(in)));
  }

  private void answerError(int notifyType, Bytes data, Input.Received in, List<Action> out) {
    core.respond(in.datagram().header(), List.of(NotifyPayload.of(notifyType, data)), in, out);
  }

  SaCore core() {
    return core;
  }

  /** When {@link Input.TimerFired} is due; the driver arms one timer for it. */
  public Optional<Instant> deadline() {
    return Stream.of(core.window().deadline(), core.fragmentDeadline(), state.deadline())
        .flatMap(Optional::stream)
        .min(Comparator.naturalOrder());
  }

  public SaPhase phase() {
    return state.phase();
  }

  /** Why it ended, once it has. */
  public Optional<CloseReason> ended() {
    return state instanceof Over over ? Optional.of(over.reason()) : Optional.empty();
  }

  /** The SPI this end chose, by which the peer's messages find it. */
  public long localSpi() {
    return core.isInitiator() ? core.spiInitiator() : core.spiResponder();
  }

  public long initiatorSpi() {
    return core.spiInitiator();
  }

  public boolean isInitiator() {
    return core.isInitiator();
  }

  /** Whether we began it to take the place of an SA that works. */
  public boolean isReplacement() {
    return replaces;
  }

  public Endpoint remote() {
    return core.remote();
  }

  /** When its first message was sent or arrived. */
  public Instant begunAt() {
    return core.begunAt();
  }

  /** Who the peer is; empty for a responder before IKE_AUTH. */
  public Optional<Identity> peer() {
    Peer peer = core.peerOrNull();
    return peer == null ? Optional.empty() : Optional.of(peer.identity());
  }

  private Optional<Established> established() {
    return state instanceof Established e ? Optional.of(e) : Optional.empty();
  }

  /** When its peer was authenticated; a rekey in place does not change it. */
  public Optional<Instant> establishedAt() {
    return established().map(Established::authenticatedAt);
  }

  /** Whether the peer began it as its first contact since it started. */
  public boolean isInitialContact() {
    return established().filter(Established::initialContact).isPresent();
  }

  /** Epoch of the key that we began with; 0 for a responder. */
  public int attemptedEpoch() {
    return attemptedEpoch;
  }

  /** Epoch of the key that authenticated it; 0 before. */
  public int epoch() {
    return established().map(Established::epoch).orElse(0);
  }

  public boolean isReplacementDue(Instant now) {
    return established().filter(e -> e.isReplacementDue(now)).isPresent();
  }

  /** Someone has begun a replacement; should it fail, ask again then. */
  public void retryReplacementAt(Instant when) {
    established().ifPresent(e -> e.retryReplacementAt(when));
  }

  /** The newer key that it was to be replaced for does not work: it stays. */
  public void keep() {
    established().ifPresent(Established::keep);
  }

  /** Whether we do not know yet that the peer has the answer that made it. */
  public boolean awaitsProof() {
    return established().filter(Established::awaitsProof).isPresent();
  }

  /** Whether it has a child that traffic may go on, now or soon. */
  public boolean hasChild() {
    return established().filter(Established::hasChild).isPresent();
  }

  /** Whether traffic may be moved to it. */
  public boolean mayCarryTraffic() {
    return established().filter(Established::mayCarryTraffic).isPresent();
  }

  /** SPIs we receive on. */
  public List<Integer> inboundSpis() {
    return children()
        .map(c -> c.all().stream().map(ChildSa::inboundSpi).toList())
        .orElse(List.of());
  }

  /** The children that it keeps; those of an ended SA still receive for a moment. */
  private Optional<Children> children() {
    return Optional.ofNullable(
            switch (state) {
              case Established e -> e;
              case Ended e -> e.before();
              default -> null;
            })
        .filter(Established::keepsChildren)
        .map(Established::children);
  }

  /** What to show of it. */
  public IkeSaView view() {
    return IkeSaView.of(core, phase(), established(), children());
  }
}
