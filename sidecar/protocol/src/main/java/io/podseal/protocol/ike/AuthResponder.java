package io.podseal.protocol.ike;

import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
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
    List<Payload> child = child(established, message, in, now, out);
    payloads.addAll(child);
    core.respond(message.header(), payloads, in, out);
    if (child.getFirst() instanceof NotifyPayload n && n.isError()) {
      // §2.21.2: the IKE SA stands; the initiator deletes it, or our half-open timer would.
      core.refused(false, NotifyType.name(n.notifyType()), "first child refused", out);
      return new Refused(core, closeReason(n.notifyType()), now.plus(IkeTimers.HALF_OPEN));
    }
    established.sendLater(now.plus(IkeTimers.RESPONDER_SENDS_AFTER));
    return established.begin(out);
  }

  private static CloseReason closeReason(int notifyType) {
    return notifyType == NotifyType.TS_UNACCEPTABLE
        ? CloseReason.TS_UNACCEPTABLE
        : CloseReason.NO_PROPOSAL_CHOSEN;
  }

  /** The first child's payloads, or one error notify. */
  private List<Payload> child(
      Established established,
      IkeMessage message,
      Input.Received in,
      Instant now,
      List<Action> out) {
    IkeContext ctx = core.ctx();
    Peer peer = core.peer();
    // Decision 5 of the design: who authenticated may use only the addresses listed for it.
    Optional<InetAddress> address =
        TransportSelectors.peerAddress(
            message, peer.addresses(), core.localAddress(), core.behindNat());
    if (address.isEmpty()) {
      return List.of(NotifyPayload.of(NotifyType.TS_UNACCEPTABLE));
    }
    List<Proposal> offered =
        message.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    int inboundSpi = ctx.spis().allocate();
    Optional<Proposals.Selected<EspSuite>> selected =
        message.has(NotifyType.USE_TRANSPORT_MODE)
            ? Proposals.selectEsp(offered, peer.crypto(), Pfs.NONE, inboundSpi)
            : Optional.empty();
    Optional<Integer> outboundSpi =
        selected.map(s -> s.offered().spi().s32(0)).filter(ChildSa::isUsable);
    if (selected.isEmpty() || outboundSpi.isEmpty()) {
      ctx.spis().release(inboundSpi, now);
      return List.of(NotifyPayload.of(NotifyType.NO_PROPOSAL_CHOSEN));
    }
    // Receiving starts before the answer that lets the peer send (RFC 7296 §2.8).
    established
        .children()
        .add(
            ChildSa.install(
                core,
                new ChildSa.Parameters(
                    inboundSpi,
                    outboundSpi.get(),
                    selected.get().suite(),
                    false,
                    material.nonceI(),
                    material.nonceR(),
                    address.get()),
                Optional.empty(),
                now,
                out));
    List<Payload> payloads = new ArrayList<>();
    payloads.add(NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE));
    payloads.add(NotifyPayload.of(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED));
    payloads.add(new SaPayload(List.of(selected.get().answer())));
    // §2.23.1: the initiator says it is behind a NAT, so its selector becomes what we see.
    payloads.addAll(TransportSelectors.of(in.from().address(), core.localAddress()));
    return payloads;
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
