package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The initiator's half of IKE_SA_INIT (RFC 7296 §1.2).
 *
 * <pre>
 * HDR(SPIi, 0), [N(COOKIE)], SAi1, KEi, Ni, N(NAT_D_SRC), N(NAT_D_DST)  -->
 *                                  <--  SAr1, KEr, Nr, N(NAT_D_SRC), N(NAT_D_DST)
 * </pre>
 */
final class SaInitInitiator implements State {
  private static final int COOKIE_MAX = 64;

  private final SaCore core;
  private Initiation initiation;
  private final KeyExchanges keys;
  private final Bytes nonce;
  private final List<Proposal> offer;
  private final List<NotifyPayload> natDetection;
  private byte[] request = new byte[0];
  private Optional<Bytes> cookie = Optional.empty();
  private int cookies;

  private SaInitInitiator(SaCore core, Initiation initiation) {
    IkeContext ctx = core.ctx();
    CryptoOffer crypto = core.peer().crypto();
    this.core = core;
    this.initiation = initiation;
    this.keys = new KeyExchanges(ctx, crypto.keyExchange());
    this.nonce = core.nonce();
    this.offer = Proposals.ike(crypto, Bytes.EMPTY);
    // §2.23: the responder's SPI is zero in the hashes of the request.
    this.natDetection =
        NatDetection.notifies(
            ctx,
            core.spiInitiator(),
            0,
            new Endpoint(core.localAddress(), Ports.IKE),
            core.remote());
  }

  static SaInitInitiator start(SaCore core, Initiation initiation, Instant now, List<Action> out) {
    SaInitInitiator state = new SaInitInitiator(core, initiation);
    Action.Send send = state.request();
    core.window().sent(ExchangeType.IKE_SA_INIT, send, state.schedule(now));
    out.add(send);
    return state;
  }

  private RetransmissionSchedule schedule(Instant now) {
    return new RetransmissionSchedule(core.ctx().random(), IkeTimers.HANDSHAKE_TIMEOUT, now);
  }

  private Action.Send request() {
    List<Payload> payloads = new ArrayList<>();
    // §2.6: the cookie comes first and everything else stays as it was.
    cookie.ifPresent(c -> payloads.add(NotifyPayload.of(NotifyType.COOKIE, c)));
    payloads.add(new SaPayload(offer));
    payloads.add(keys.payload());
    payloads.add(new NoncePayload(nonce));
    payloads.addAll(natDetection);
    payloads.add(NotifyPayload.of(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED));
    if (!core.peer().crypto().additional().isEmpty()) {
      payloads.add(NotifyPayload.of(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED));
    }
    if (initiation.key().ppk().isPresent()) {
      payloads.add(NotifyPayload.of(NotifyType.USE_PPK));
    }
    IkeHeader header =
        new IkeHeader(core.spiInitiator(), 0, ExchangeType.IKE_SA_INIT, true, false, 0);
    request = MessageEncoder.clear(header, payloads);
    return new Action.Send(request, core.remote(), false);
  }

  @Override
  public SaPhase phase() {
    return SaPhase.CONNECTING;
  }

  /** The answer travels in clear: until something authenticates it, it can only move us forward. */
  State onInit(Input.Received in, Instant now, List<Action> out) {
    Datagram datagram = in.datagram();
    IkeMessage message = datagram.clearMessage();
    Optional<Bytes> wanted = message.notify(NotifyType.COOKIE).map(NotifyPayload::data);
    if (wanted.isPresent()) {
      return onCookie(wanted.get(), now, out);
    }
    if (keys.beginsAgain(message)) {
      // §1.2: all proposals stay, so that AUTH reveals who forged this to weaken the choice.
      return again(now, out);
    }
    Optional<NotifyPayload> error = message.error();
    if (error.isPresent()) {
      // §2.21.1: anybody can send this error, so it does not end the attempt.
      core.refused(true, NotifyType.name(error.get().notifyType()), "IKE_SA_INIT refused", out);
      SaCore.drop(DropReason.IKE_UNEXPECTED, out);
      return this;
    }
    Optional<SaPayload> sa = message.first(SaPayload.class);
    Optional<Bytes> nonceR = message.nonce();
    if (sa.isEmpty()
        || nonceR.isEmpty()
        || message.unknownCritical().isPresent()
        || datagram.header().spiResponder() == 0) {
      SaCore.drop(DropReason.IKE_PAYLOAD_SYNTAX, out);
      return this;
    }
    Optional<IkeSuite> suite =
        Proposals.answers(offer, sa.get().proposals())
            ? Proposals.selectIke(sa.get().proposals(), core.peer().crypto(), Bytes.EMPTY)
                .map(Proposals.Selected::suite)
                .filter(s -> s.keyExchange() == keys.method())
            : Optional.empty();
    boolean lacksIntermediate =
        suite.filter(s -> !s.additional().isEmpty()).isPresent()
            && !message.has(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED);
    if (suite.isEmpty() || lacksIntermediate) {
      SaCore.drop(DropReason.IKE_UNEXPECTED, out);
      return this;
    }
    if (!keys.agree(message)) {
      SaCore.drop(DropReason.IKE_PAYLOAD_SYNTAX, out);
      return this;
    }
    if (!NatDetection.isSupported(message)) {
      core.refused(false, "", "the peer does not offer NAT traversal, which carries our ESP", out);
      return end(CloseReason.NAT_TRAVERSAL_UNSUPPORTED);
    }
    core.window().answered();
    core.spiResponder(datagram.header().spiResponder());
    core.detectNat(message, in);
    core.window().sizes().negotiated(message.has(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED));
    core.session(Session.derive(core, suite.get(), keys.secrets().getFirst(), nonce, nonceR.get()));
    core.floatPorts();
    keys.follow(suite.get().additional());
    boolean childless = message.has(NotifyType.CHILDLESS_IKEV2_SUPPORTED);
    boolean usesPpk = initiation.key().ppk().isPresent() && message.has(NotifyType.USE_PPK);
    return IntermediateInitiator.start(
        core,
        childless ? initiation : initiation.withChild(),
        new AuthMaterial(request, datagram.bytes(), nonce, nonceR.get(), usesPpk),
        keys,
        now,
        out);
  }

  private State onCookie(Bytes wanted, Instant now, List<Action> out) {
    if (wanted.isEmpty() || wanted.length() > COOKIE_MAX || cookies == Limits.COOKIE_RETRIES) {
      SaCore.drop(DropReason.IKE_UNEXPECTED, out);
      return this;
    }
    cookies++;
    cookie = Optional.of(wanted);
    return again(now, out);
  }

  private State again(Instant now, List<Action> out) {
    Action.Send send = request();
    core.window().replaceInit(send, schedule(now));
    out.add(send);
    return this;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    return switch (input) {
      case Input.PacketWaiting p -> {
        initiation = initiation.withChild();
        out.addAll(core.window().hurry(now));
        yield this;
      }
      // The peer has not read who we are, so that nothing of it remains there.
      case Input.Superseded s -> end(CloseReason.CROSSED);
      case Input.Close c -> end(c.reason());
      case Input.Forget f -> end(f.reason());
      default -> this;
    };
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    return end(CloseReason.NO_ANSWER);
  }

  private State end(CloseReason reason) {
    keys.destroy();
    return new Dead(reason);
  }
}
