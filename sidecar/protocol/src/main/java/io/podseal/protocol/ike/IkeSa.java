package io.podseal.protocol.ike;

import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One IKE SA (RFC 7296): inputs and the time go in, actions come out. {@link Reception} opens
 * messages; what they mean is the {@link State}'s.
 *
 * <p>Confined to one thread. Does no I/O and reads no clock. Bad input gives {@link Action.Drop},
 * never an exception.
 */
public final class IkeSa {
  private final SaCore core;
  private final Reception reception;
  private final boolean replaces;
  private final int attemptedEpoch;
  private State state;

  private IkeSa(SaCore core, boolean replaces, int attemptedEpoch, State state) {
    this.core = core;
    this.reception = new Reception(core);
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
      IkeContext ctx, Input.Received in, KeyExchangeRation ration, Instant now, List<Action> out) {
    long spiInitiator = in.datagram().header().spiInitiator();
    SaCore core = new SaCore(ctx, false, spiInitiator, ctx.randomIkeSpi(), in.from(), now);
    return SaInitResponder.answer(core, in, ration, now, out)
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
      case Input.Received in -> state = reception.receive(state, in, now, out);
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

  SaCore core() {
    return core;
  }

  /** When {@link Input.TimerFired} is due; the driver arms one timer for it. */
  public Optional<Instant> deadline() {
    return IkeTimers.earlier(
        IkeTimers.earlier(core.window().deadline(), core.fragmentDeadline()), state.deadline());
  }

  public SaPhase phase() {
    return state.phase();
  }

  /** Why it ended, once it has. */
  public Optional<CloseReason> ended() {
    return state instanceof Over over ? Optional.of(over.reason()) : Optional.empty();
  }

  /** Why it was not established, once that is sure. */
  public Optional<CloseReason> failure() {
    return state instanceof Disavowed disavowed ? Optional.of(disavowed.reason()) : ended();
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

  /** Whether a request with this message ID is the last one, and has its answer. */
  public boolean hasAnswered(int messageId) {
    return core.window().isAnswered(messageId);
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

  /** It is to be replaced then, or sooner if that was said before. */
  public void replaceBy(Instant when) {
    established().ifPresent(e -> e.lifetime().replaceBy(when));
  }

  /** Someone has begun a replacement; should it fail, ask again then. */
  public void retryReplacementAt(Instant when) {
    established().ifPresent(e -> e.lifetime().replaceAt(when));
  }

  /** The newer key that it was to be replaced for does not work: it stays. */
  public void keep() {
    established().ifPresent(e -> e.lifetime().keep());
  }

  /** Whether we do not know yet that the peer has the answer that made it. */
  public boolean awaitsProof() {
    return established().filter(Established::awaitsProof).isPresent();
  }

  /** Whether another SA is to serve the peer instead, and this one goes soon. */
  public boolean isSuperseded() {
    return established().filter(Established::isSuperseded).isPresent();
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
    return children().map(Children::inboundSpis).orElse(List.of());
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
