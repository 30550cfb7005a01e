package io.podseal.protocol.ike;

import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The initiator's half of IKE_AUTH with a pre-shared key and the first child (RFC 7296 §1.2), or
 * without a child (RFC 6023), perhaps with a PPK (RFC 8784).
 *
 * <pre>
 * SK{IDi, [N(INITIAL_CONTACT)], IDr, AUTH, [N(PPK_IDENTITY), [N(NO_PPK_AUTH)]],
 *    N(USE_TRANSPORT_MODE), SAi2, TSi, TSr}  -->
 *      <--  SK{IDr, AUTH, [N(PPK_IDENTITY)], N(USE_TRANSPORT_MODE), SAr2, TSi, TSr}
 * </pre>
 */
final class AuthInitiator implements State {
  private final SaCore core;
  private final PresharedKey key;
  private final AuthMaterial material;
  private final Optional<ChildOffer> offer;

  /** What protects the SA if the peer uses the PPK. */
  private final Optional<Session> withPpk;

  private final int messageId;
  private boolean packetWaits;

  private AuthInitiator(SaCore core, Initiation initiation, AuthMaterial material) {
    this.core = core;
    this.key = initiation.key();
    this.material = material;
    this.offer =
        initiation.childless()
            ? Optional.empty()
            : Optional.of(ChildOffer.first(core, material.nonceI()));
    this.withPpk = ppk().map(p -> core.session().withPpk(p.secret()));
    this.messageId = core.window().nextRequestId();
  }

  private Optional<Ppk> ppk() {
    return material.usesPpk() ? key.ppk() : Optional.empty();
  }

  static State start(
      SaCore core, Initiation initiation, AuthMaterial material, Instant now, List<Action> out) {
    if (initiation.key().ppk().filter(Ppk::required).isPresent() && !material.usesPpk()) {
      core.refused(false, "", "the peer uses no PPK, which is required of it", out);
      // Not the key's fault: who can forge IKE_SA_INIT must not make us use one without a PPK.
      return new Dead(CloseReason.PPK_UNSUPPORTED);
    }
    AuthInitiator state = new AuthInitiator(core, initiation, material);
    List<Payload> payloads = state.request(initiation.initialContact());
    core.request(
        ExchangeType.IKE_AUTH, payloads, core.remote(), IkeTimers.HANDSHAKE_TIMEOUT, now, out);
    return state;
  }

  private List<Payload> request(boolean initialContact) {
    IdPayload idI = IdPayload.of(true, core.ctx().self().identity());
    List<Payload> payloads = new ArrayList<>();
    payloads.add(idI);
    if (initialContact) {
      payloads.add(NotifyPayload.of(NotifyType.INITIAL_CONTACT));
    }
    payloads.add(IdPayload.of(false, core.peer().identity()));
    payloads.add(
        new AuthPayload(AuthPayload.SHARED_KEY_MIC, auth(withPpk.orElse(core.session()), idI)));
    payloads.addAll(core.crashProof());
    if (core.ctx().options().mobike()) {
      payloads.add(NotifyPayload.of(NotifyType.MOBIKE_SUPPORTED));
    }
    ppk()
        .ifPresent(p -> {
          payloads.add(PpkIdentity.of(p));
          if (!p.required()) {
            // RFC 8784 §3: what AUTH would be for a responder that lacks this PPK.
            payloads.add(NotifyPayload.of(NotifyType.NO_PPK_AUTH, auth(core.session(), idI)));
          }
        });
    offer.ifPresent(o -> payloads.addAll(o.payloads()));
    return payloads;
  }

  private Bytes auth(Session session, IdPayload idI) {
    SecretBytes auth = material.initiatorAuth(session, key.secret(), idI, messageId);
    Bytes octets = auth.use(Bytes::copyOf);
    auth.destroy();
    return octets;
  }

  @Override
  public SaPhase phase() {
    return SaPhase.CONNECTING;
  }

  @Override
  public State onResponse(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    Optional<IdPayload> idR = message.id(false);
    Optional<AuthPayload> auth = message.first(AuthPayload.class);
    Optional<NotifyPayload> error = message.error();
    if (auth.isEmpty() || idR.isEmpty()) {
      String notify = error.map(n -> NotifyType.name(n.notifyType())).orElse("");
      core.refused(true, notify, "IKE_AUTH refused", out);
      boolean authentication =
          error.filter(n -> n.notifyType() == NotifyType.AUTHENTICATION_FAILED).isPresent();
      return end(
          authentication ? CloseReason.AUTHENTICATION_FAILED : CloseReason.UNEXPECTED_ANSWER, now);
    }
    // RFC 8784 §3: the responder says with an empty notify that it uses the PPK.
    boolean usesPpk = withPpk.isPresent() && message.has(NotifyType.PPK_IDENTITY);
    boolean lacksPpk = ppk().filter(Ppk::required).isPresent() && !usesPpk;
    Session session = usesPpk ? withPpk.orElseThrow() : core.session();
    boolean isThePeer = idR.get().identity().filter(core.peer().identity()::equals).isPresent();
    SecretBytes expected = material.responderAuth(session, key.secret(), idR.get(), messageId);
    boolean verified = AuthMaterial.verifies(auth.get(), expected);
    if (!isThePeer || !verified || lacksPpk) {
      core.refused(
          false,
          NotifyType.name(NotifyType.AUTHENTICATION_FAILED),
          !isThePeer
              ? "another identity answered"
              : lacksPpk
                  ? "the peer does without the PPK that is required of it"
                  : "the answer's AUTH does not verify",
          out);
      end(CloseReason.AUTHENTICATION_FAILED, now);
      return disavow(now, out);
    }
    if (usesPpk) {
      core.session().keys().destroy();
      core.session(session);
    } else {
      withPpk.ifPresent(s -> s.keys().destroy());
    }
    return establish(message, error, now, out);
  }

  /** §2.21.2: an exception to the rule that no exchange begins because of a bad answer. */
  private State disavow(Instant now, List<Action> out) {
    core.request(
        ExchangeType.INFORMATIONAL,
        List.of(NotifyPayload.of(NotifyType.AUTHENTICATION_FAILED)),
        core.remote(),
        IkeTimers.DELETE_TIMEOUT,
        now,
        out);
    return new Disavowed(CloseReason.AUTHENTICATION_FAILED);
  }

  private State establish(
      IkeMessage message, Optional<NotifyPayload> error, Instant now, List<Action> out) {
    core.crashes().learn(message);
    if (core.ctx().options().mobike() && message.has(NotifyType.MOBIKE_SUPPORTED)) {
      core.mobility(Mobility.OURS);
    }
    Established established = new Established(core, key.epoch(), false, now);
    if (offer.isEmpty()) {
      established.begin(out);
      return packetWaits ? established.upkeep().ensureChild(now, out) : established;
    }
    Optional<ChildSa> child = offer.get().first(message, material.nonceR(), now, out);
    if (child.isPresent()) {
      established.children().add(child.get());
      return established.begin(out);
    }
    // §2.21.2: the IKE SA stands although its child failed; without one it is of no use to us.
    offer.get().withdraw(now);
    String notify = error.map(n -> NotifyType.name(n.notifyType())).orElse("");
    core.refused(error.isPresent(), notify, "no acceptable child SA in the answer", out);
    return established.close(closeReason(error), now, out);
  }

  static CloseReason closeReason(Optional<NotifyPayload> error) {
    return switch (error.map(NotifyPayload::notifyType).orElse(0)) {
      case NotifyType.TS_UNACCEPTABLE -> CloseReason.TS_UNACCEPTABLE;
      case NotifyType.NO_PROPOSAL_CHOSEN -> CloseReason.NO_PROPOSAL_CHOSEN;
      default -> CloseReason.CHILD_REFUSED;
    };
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    return switch (input) {
      case Input.PacketWaiting p -> {
        packetWaits = true;
        out.addAll(core.window().hurry(now));
        yield this;
      }
      case Input.Close c -> end(c.reason(), now);
      case Input.Forget f -> end(f.reason(), now);
      default -> this;
    };
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    return end(CloseReason.NO_ANSWER, now);
  }

  private State end(CloseReason reason, Instant now) {
    withPpk.ifPresent(s -> s.keys().destroy());
    offer.ifPresent(o -> o.withdraw(now));
    return new Dead(reason);
  }
}
