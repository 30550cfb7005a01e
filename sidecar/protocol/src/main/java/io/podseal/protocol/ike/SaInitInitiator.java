package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
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
  private final PresharedKey key;
  private final boolean initialContact;
  private final KeyExchange keyExchange;
  private final Bytes nonce;
  private final List<Proposal> offer;
  private final List<NotifyPayload> natDetection;
  private byte[] request = new byte[0];
  private Optional<Bytes> cookie = Optional.empty();
  private int cookies;

  private SaInitInitiator(SaCore core, PresharedKey key, boolean initialContact) {
    IkeContext ctx = core.ctx();
    this.core = core;
    this.key = key;
    this.initialContact = initialContact;
    this.keyExchange =
        ctx.crypto().keyExchange(core.peer().crypto().keyExchange().getFirst(), ctx.random());
    this.nonce = Bytes.copyOf(ctx.random().bytes(Limits.NONCE_LENGTH));
    this.offer = Proposals.ike(core.peer().crypto(), Bytes.EMPTY);
    // §2.23: the responder's SPI is zero in the hashes of the request.
    this.natDetection =
        NatDetection.notifies(ctx.crypto(), ctx.random(), core.spiInitiator(), 0, core.remote());
  }

  static SaInitInitiator start(
      SaCore core, PresharedKey key, boolean initialContact, Instant now, List<Action> out) {
    SaInitInitiator state = new SaInitInitiator(core, key, initialContact);
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
    payloads.add(new KePayload(keyExchange.method().id(), Bytes.copyOf(keyExchange.publicValue())));
    payloads.add(new NoncePayload(nonce));
    payloads.addAll(natDetection);
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
    Optional<NotifyPayload> error = message.error();
    if (error.isPresent()) {
      // §2.21.1: anybody can send this error, so it does not end the attempt.
      core.refused(true, NotifyType.name(error.get().notifyType()), "IKE_SA_INIT refused", out);
      SaCore.drop(DropReason.IKE_UNEXPECTED, out);
      return this;
    }
    Optional<SaPayload> sa = message.first(SaPayload.class);
    Optional<KePayload> ke = message.first(KePayload.class);
    Optional<Bytes> nonceR = message.nonce();
    if (sa.isEmpty()
        || ke.isEmpty()
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
            : Optional.empty();
    if (suite.isEmpty() || ke.get().method() != keyExchange.method().id()) {
      SaCore.drop(DropReason.IKE_UNEXPECTED, out);
      return this;
    }
    Optional<SecretBytes> shared = keyExchange.sharedSecret(ke.get().data().toArray());
    if (shared.isEmpty()) {
      SaCore.drop(DropReason.IKE_PAYLOAD_SYNTAX, out);
      return this;
    }
    if (!NatDetection.isSupported(message)) {
      core.refused(false, "", "the peer does not offer NAT traversal, which carries our ESP", out);
      return end(CloseReason.NAT_TRAVERSAL_UNSUPPORTED);
    }
    keyExchange.destroy();
    core.window().answered();
    core.spiResponder(datagram.header().spiResponder());
    core.behindNat(NatDetection.weAreBehindNat(core.ctx().crypto(), message, in.to()));
    core.session(Session.derive(core, suite.get(), shared.get(), nonce, nonceR.get()));
    core.floatPorts();
    return AuthInitiator.start(
        core,
        key,
        initialContact,
        new AuthMaterial(request, datagram.bytes(), nonce, nonceR.get()),
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
    Action.Send send = request();
    core.window().replaceInit(send, schedule(now));
    out.add(send);
    return this;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    return switch (input) {
      case Input.PacketWaiting p -> {
        core.window().hurry(now).ifPresent(out::add);
        yield this;
      }
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
    keyExchange.destroy();
    return new Dead(reason);
  }
}
