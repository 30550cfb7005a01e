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
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The responder's half of IKE_AUTH (RFC 7296 §1.2); see {@link AuthInitiator}. */
final class AuthResponder implements HalfOpen {
  private final SaCore core;
  private final AuthMaterial material;
  private final Instant expiresAt;

  AuthResponder(SaCore core, AuthMaterial material, Instant expiresAt) {
    this.core = core;
    this.material = material;
    this.expiresAt = expiresAt;
  }

  @Override
  public AuthMaterial material() {
    return material;
  }

  @Override
  public Instant expiresAt() {
    return expiresAt;
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
    Optional<Verified> verified = verify(peer, message, idI.get(), auth.get());
    boolean meansUs =
        message.id(false).flatMap(IdPayload::identity).filter(self::equals).isPresent();
    if (peer.isEmpty() || verified.isEmpty() || !meansUs) {
      verified.ifPresent(Verified::discard);
      String claimed = idI.get().identity().map(Identity::name).orElse("(not a name)");
      String why =
          peer.isEmpty()
              ? "no declared peer is called " + claimed
              : verified.isEmpty()
                  ? "AUTH of " + claimed + " does not verify with any live epoch"
                  : claimed + " asks for another identity than ours";
      // §2.21.2: the answer does not tell which.
      return refuse(message, NotifyType.AUTHENTICATION_FAILED, why, in, now, out);
    }
    core.peer(peer.get());
    verified.get().use(core);
    if (!peer.get().crypto().allows(core.session().suite())) {
      String why = core.session().suite() + " is not what the profile of this peer allows";
      return refuse(message, NotifyType.NO_PROPOSAL_CHOSEN, why, in, now, out);
    }
    core.moveTo(in.from(), in.to().port() == Ports.IKE_NAT_TRAVERSAL);
    return authenticated(message, verified.get(), in, now, out);
  }

  /**
   * @param withPpk what protects the SA from now on if the peer named our PPK
   */
  private record Verified(PresharedKey key, Optional<Session> withPpk) {
    void use(SaCore core) {
      withPpk.ifPresent(s -> {
        core.session().keys().destroy();
        core.session(s);
      });
    }

    void discard() {
      withPpk.ifPresent(s -> s.keys().destroy());
    }
  }

  /** Tries every live epoch, and as many again if the peer is unknown: the time tells nothing. */
  private Optional<Verified> verify(
      Optional<Peer> peer, IkeMessage message, IdPayload idI, AuthPayload auth) {
    List<PresharedKey> keys = peer.map(Peer::keys).orElse(List.of());
    Optional<Verified> verified = Optional.empty();
    for (int i = 0; i < Peer.MAX_KEYS; i++) {
      Optional<PresharedKey> key = i < keys.size() ? Optional.of(keys.get(i)) : Optional.empty();
      SecretBytes psk = key.map(PresharedKey::secret).orElse(core.session().keys().skPi());
      Optional<Session> withPpk =
          key.flatMap(PresharedKey::ppk)
              .filter(p -> material.usesPpk() && PpkIdentity.isNamedIn(message, p))
              .map(p -> core.session().withPpk(p.secret()));
      Optional<Bytes> received = received(message, auth, key.flatMap(PresharedKey::ppk), withPpk);
      SecretBytes expected =
          material.initiatorAuth(
              withPpk.orElse(core.session()), psk, idI, message.header().messageId());
      boolean matches = AuthMaterial.verifies(received.orElse(Bytes.EMPTY), expected);
      if (matches && verified.isEmpty() && auth.method() == AuthPayload.SHARED_KEY_MIC) {
        verified = key.map(k -> new Verified(k, withPpk));
      } else {
        withPpk.ifPresent(s -> s.keys().destroy());
      }
    }
    return verified;
  }

  /** Which value must verify (RFC 8784 §3); empty when none would do. */
  private Optional<Bytes> received(
      IkeMessage message, AuthPayload auth, Optional<Ppk> ours, Optional<Session> withPpk) {
    if (withPpk.isPresent()) {
      return Optional.of(auth.data());
    }
    if (ours.filter(Ppk::required).isPresent()) {
      return Optional.empty();
    }
    if (!material.usesPpk()) {
      return Optional.of(auth.data());
    }
    if (!message.has(NotifyType.PPK_IDENTITY)) {
      // RFC 8784 §3: after USE_PPK of both ends a request without a PPK's name is refused.
      return Optional.empty();
    }
    // The peer names a PPK that we lack: NO_PPK_AUTH is for that.
    return message.notify(NotifyType.NO_PPK_AUTH).map(NotifyPayload::data);
  }

  private State authenticated(
      IkeMessage message, Verified verified, Input.Received in, Instant now, List<Action> out) {
    PresharedKey key = verified.key();
    Established established =
        new Established(core, key.epoch(), message.has(NotifyType.INITIAL_CONTACT), now);
    IdPayload idR = IdPayload.of(false, core.ctx().self().identity());
    SecretBytes auth =
        material.responderAuth(core.session(), key.secret(), idR, message.header().messageId());
    List<Payload> payloads = new ArrayList<>();
    payloads.add(idR);
    payloads.add(new AuthPayload(AuthPayload.SHARED_KEY_MIC, auth.use(Bytes::copyOf)));
    auth.destroy();
    core.crashes().learn(message);
    payloads.addAll(core.crashProof());
    if (message.has(NotifyType.MOBIKE_SUPPORTED)) {
      payloads.add(NotifyPayload.of(NotifyType.MOBIKE_SUPPORTED));
      core.mobility(Mobility.PEERS);
    }
    if (verified.withPpk().isPresent()) {
      payloads.add(NotifyPayload.of(NotifyType.PPK_IDENTITY));
    }
    if (isChildless(message)) {
      core.respond(message.header(), payloads, in, out);
      return established.begin(out);
    }
    ChildResponder.Result child =
        new ChildResponder(core, message, in).first(material.nonceI(), material.nonceR());
    payloads.addAll(child.payloads());
    return switch (child) {
      case ChildResponder.Refusal refusal -> {
        core.respond(message.header(), payloads, in, out);
        // §2.21.2: the IKE SA stands, and the peer may ask for another child, or delete it.
        String notify = NotifyType.name(refusal.error().notifyType());
        core.refused(false, notify, "first child refused", out);
        yield established.begin(out);
      }
      case ChildResponder.Agreed agreed -> {
        established.children().add(agreed.install(now, out));
        core.respond(message.header(), payloads, in, out);
        established.upkeep().sendLater(now.plus(IkeTimers.RESPONDER_SENDS_AFTER));
        yield established.begin(out);
      }
    };
  }

  /** RFC 6023 §3: neither SA nor selectors, which our IKE_SA_INIT answer allowed. */
  private static boolean isChildless(IkeMessage message) {
    return message.first(SaPayload.class).isEmpty() && message.first(TsPayload.class).isEmpty();
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
    return new Refused(reason, now.plus(IkeTimers.HALF_OPEN));
  }
}
