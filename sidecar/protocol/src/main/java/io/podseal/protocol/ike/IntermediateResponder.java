package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The responder's half of IKE_INTERMEDIATE; see {@link IntermediateInitiator}. */
final class IntermediateResponder implements HalfOpen {
  private final SaCore core;
  private final AuthMaterial material;
  private final List<KeyExchangeMethod> remaining;
  private final Instant expiresAt;

  private IntermediateResponder(
      SaCore core, AuthMaterial material, List<KeyExchangeMethod> remaining, Instant expiresAt) {
    this.core = core;
    this.material = material;
    this.remaining = remaining;
    this.expiresAt = expiresAt;
  }

  /** What waits for the peer after IKE_SA_INIT. */
  static State after(
      SaCore core, AuthMaterial material, List<KeyExchangeMethod> remaining, Instant expiresAt) {
    return remaining.isEmpty()
        ? new AuthResponder(core, material, expiresAt)
        : new IntermediateResponder(core, material, remaining, expiresAt);
  }

  @Override
  public AuthMaterial material() {
    return material;
  }

  @Override
  public Instant expiresAt() {
    return expiresAt;
  }

  @Override
  public boolean takes(ExchangeType exchange) {
    return exchange == ExchangeType.IKE_INTERMEDIATE;
  }

  @Override
  public State onRequest(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    KeyExchangeMethod method = remaining.getFirst();
    Optional<KeyExchangeResponse> agreed =
        message
            .first(KePayload.class)
            .filter(ke -> ke.method() == method.id())
            .flatMap(ke ->
                core.ctx().crypto().respond(method, core.ctx().random(), ke.data().toArray()));
    if (agreed.isEmpty()) {
      core.refused(
          false,
          NotifyType.name(NotifyType.INVALID_SYNTAX),
          "no acceptable " + method + " key in IKE_INTERMEDIATE",
          out);
      core.respond(message.header(), List.of(NotifyPayload.of(NotifyType.INVALID_SYNTAX)), in, out);
      return new Refused(CloseReason.INVALID_SYNTAX, now.plus(IkeTimers.HALF_OPEN));
    }
    Intermediates intermediates = material.intermediates();
    Session session = core.session();
    intermediates.request(session, message.header(), message.payloads(), message.inner().toArray());
    List<Payload> answer = List.of(new KePayload(method.id(), agreed.get().publicValue()));
    intermediates.response(
        session,
        core.header(ExchangeType.IKE_INTERMEDIATE, true, message.header().messageId()),
        answer,
        MessageEncoder.inner(answer));
    core.respond(message.header(), answer, in, out);
    // RFC 9242 §3.3.1: the new keys protect what follows this exchange.
    SecretBytes shared = agreed.get().sharedSecret();
    core.session(session.updated(core, shared, material));
    shared.destroy();
    return after(core, material, remaining.subList(1, remaining.size()), expiresAt);
  }
}
