package io.podseal.protocol.ike;

import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The initiator's half of IKE_AUTH with a pre-shared key and the first child (RFC 7296 §1.2).
 *
 * <pre>
 * SK{IDi, [N(INITIAL_CONTACT)], IDr, AUTH, N(USE_TRANSPORT_MODE), SAi2, TSi, TSr}  -->
 *                        <--  SK{IDr, AUTH, N(USE_TRANSPORT_MODE), SAr2, TSi, TSr}
 * </pre>
 */
final class AuthInitiator implements State {
  private final SaCore core;
  private final PresharedKey key;
  private final AuthMaterial material;
  private final ChildOffer offer;

  private AuthInitiator(SaCore core, PresharedKey key, AuthMaterial material, ChildOffer offer) {
    this.core = core;
    this.key = key;
    this.material = material;
    this.offer = offer;
  }

  static AuthInitiator start(
      SaCore core,
      PresharedKey key,
      boolean initialContact,
      AuthMaterial material,
      Instant now,
      List<Action> out) {
    ChildOffer offer = ChildOffer.first(core);
    AuthInitiator state = new AuthInitiator(core, key, material, offer);
    IdPayload idI = IdPayload.of(true, core.ctx().self().identity());
    SecretBytes auth = material.initiatorAuth(core.session(), key.secret(), idI);
    List<Payload> payloads = new ArrayList<>();
    payloads.add(idI);
    if (initialContact) {
      payloads.add(NotifyPayload.of(NotifyType.INITIAL_CONTACT));
    }
    payloads.add(IdPayload.of(false, core.peer().identity()));
    payloads.add(new AuthPayload(AuthPayload.SHARED_KEY_MIC, auth.use(Bytes::copyOf)));
    auth.destroy();
    payloads.addAll(offer.payloads());
    payloads.addAll(offer.selectors());
    core.request(
        ExchangeType.IKE_AUTH, payloads, core.remote(), IkeTimers.HANDSHAKE_TIMEOUT, now, out);
    return state;
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
    boolean isThePeer = idR.get().identity().filter(core.peer().identity()::equals).isPresent();
    SecretBytes expected = material.responderAuth(core.session(), key.secret(), idR.get());
    boolean verified = AuthMaterial.verifies(auth.get(), expected);
    if (!isThePeer || !verified) {
      core.refused(
          false,
          NotifyType.name(NotifyType.AUTHENTICATION_FAILED),
          isThePeer ? "the answer's AUTH does not verify" : "another identity answered",
          out);
      return end(CloseReason.AUTHENTICATION_FAILED, now);
    }
    return establish(message, error, now, out);
  }

  private State establish(
      IkeMessage message, Optional<NotifyPayload> error, Instant now, List<Action> out) {
    Established established = new Established(core, key.epoch(), false, now);
    Optional<ChildSa> child =
        message.first(SaPayload.class).isPresent()
            ? offer.complete(message, material.nonceI(), material.nonceR(), now, out)
            : Optional.empty();
    if (child.isPresent()) {
      established.children().add(child.get());
      return established.begin(out);
    }
    // §2.21.2: the IKE SA stands although its child failed; without one it is of no use to us.
    offer.withdraw(now);
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
        core.window().hurry(now).ifPresent(out::add);
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
    offer.withdraw(now);
    return new Dead(reason);
  }
}
