package io.podseal.protocol.ike;

import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The responder's half of IKE_AUTH (RFC 7296 §1.2); see {@link AuthInitiator}. */
final class AuthResponder implements State {
  private final SaCore core;
  private final AuthMaterial material;
  private final Instant expiresAt;

  AuthResponder(SaCore core, AuthMaterial material, Instant expiresAt) {
    this.core = core;
    this.material = material;
    this.expiresAt = expiresAt;
  }

  /** The answer to a repeated IKE_SA_INIT request, if it is the same request (§2.1). */
  Optional<byte[]> answerTo(byte[] request) {
    return Arrays.equals(request, material.request())
        ? Optional.of(material.response())
        : Optional.empty();
  }

  @Override
  public SaPhase phase() {
    return SaPhase.CONNECTING;
  }

  /** CVE-2014-2338, CVE-2019-12312: nothing but IKE_AUTH before authentication. */
  @Override
  public boolean takes(ExchangeType exchange) {
    return exchange == ExchangeType.IKE_AUTH;
  }

  @Override
  public State onRequest(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    Optional<IdPayload> idI = message.id(true);
    Optional<AuthPayload> auth = message.first(AuthPayload.class);
    if (idI.isEmpty() || auth.isEmpty()) {
      return refuse(message, NotifyType.INVALID_SYNTAX, "no IDi or no AUTH", in, now, out);
    }
    Identity self = core.ctx().self().identity();
    Optional<Peer> peer =
        idI.get().identity().filter(id -> !id.equals(self)).flatMap(core.ctx().peers()::byIdentity);
    Optional<PresharedKey> key = verify(peer, idI.get(), auth.get());
    boolean meansUs =
        message.id(false).flatMap(IdPayload::identity).filter(self::equals).isPresent();
    if (peer.isEmpty() || key.isEmpty() || !meansUs) {
      String claimed = idI.get().identity().map(Identity::name).orElse("(not a name)");
      String why =
          peer.isEmpty()
              ? "no declared peer is called " + claimed
              : key.isEmpty()
                  ? "AUTH of " + claimed + " does not verify with any live epoch"
                  : claimed + " asks for another identity than ours";
      // §2.21.2: the answer does not tell which.
      return refuse(message, NotifyType.AUTHENTICATION_FAILED, why, in, now, out);
    }
    core.peer(peer.get());
    core.moveTo(in.from(), in.to().port() == Ports.IKE_NAT_TRAVERSAL);
    return authenticated(message, key.get(), in, now, out);
  }

  /** Tries every live epoch, and as many again if the peer is unknown: the time tells nothing. */
  private Optional<PresharedKey> verify(Optional<Peer> peer, IdPayload idI, AuthPayload auth) {
    List<PresharedKey> keys = peer.map(Peer::keys).orElse(List.of());
    Optional<PresharedKey> verified = Optional.empty();
    for (int i = 0; i < Peer.MAX_KEYS; i++) {
      SecretBytes psk = i < keys.size() ? keys.get(i).secret() : core.session().keys().skPi();
      SecretBytes expected = material.initiatorAuth(core.session(), psk, idI);
      boolean matches = AuthMaterial.verifies(auth, expected);
      if (matches && i < keys.size()) {
        verified = Optional.of(keys.get(i));
      }
    }
    return verified;
  }

  private State authenticated(
      IkeMessage message, PresharedKey key, Input.Received in, Instant now, List<Action> out) {
    Established established =
        new Established(core, key.epoch(), message.has(NotifyType.INITIAL_CONTACT), now);
    IdPayload idR = IdPayload.of(false, core.ctx().self().identity());
    SecretBytes auth = material.responderAuth(core.session(), key.secret(), idR);
    List<Payload> payloads = new ArrayList<>();
    payloads.add(idR);
    payloads.add(new AuthPayload(AuthPayload.SHARED_KEY_MIC, auth.use(Bytes::copyOf)));
    auth.destroy();
    if (isChildless(message)) {
      core.respond(message.header(), payloads, in, out);
      return established.begin(out);
    }
    ChildResponder.Result child =
        new ChildResponder(core, message, in).first(material.nonceI(), material.nonceR(), now, out);
    payloads.addAll(child.payloads());
    core.respond(message.header(), payloads, in, out);
    return switch (child) {
      case ChildResponder.Refusal refusal -> {
        // §2.21.2: the IKE SA stands; the initiator deletes it, or our half-open timer would.
        int type = refusal.error().notifyType();
        core.refused(false, NotifyType.name(type), "first child refused", out);
        yield new Refused(core, closeReason(type), now.plus(IkeTimers.HALF_OPEN));
      }
      case ChildResponder.Made made -> {
        established.children().add(made.child());
        established.sendLater(now.plus(IkeTimers.RESPONDER_SENDS_AFTER));
        yield established.begin(out);
      }
    };
  }

  /** RFC 6023 §3: neither SA nor selectors, which our IKE_SA_INIT answer allowed. */
  private static boolean isChildless(IkeMessage message) {
    return message.first(SaPayload.class).isEmpty() && message.first(TsPayload.class).isEmpty();
  }

  private static CloseReason closeReason(int notifyType) {
    return notifyType == NotifyType.TS_UNACCEPTABLE
        ? CloseReason.TS_UNACCEPTABLE
        : CloseReason.NO_PROPOSAL_CHOSEN;
  }

  private State refuse(
      IkeMessage message,
      int notifyType,
      String why,
      Input.Received in,
      Instant now,
      List<Action> out) {
    core.refused(false, NotifyType.name(notifyType), why, out);
    core.respond(message.header(), List.of(NotifyPayload.of(notifyType)), in, out);
    CloseReason reason =
        notifyType == NotifyType.INVALID_SYNTAX
            ? CloseReason.INVALID_SYNTAX
            : CloseReason.AUTHENTICATION_FAILED;
    return new Refused(core, reason, now.plus(IkeTimers.HALF_OPEN));
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    return switch (input) {
      case Input.Close c -> new Dead(c.reason());
      case Input.Forget f -> new Dead(f.reason());
      case Input.TimerFired t ->
          now.isBefore(expiresAt) ? this : new Dead(CloseReason.HALF_OPEN_EXPIRED);
      default -> this;
    };
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    throw new IllegalStateException("a responder has no request in flight before IKE_AUTH");
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.of(expiresAt);
  }
}
