package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The initiator's half of IKE_INTERMEDIATE, one exchange for each additional key exchange (RFC
 * 9242, RFC 9370 §2.2.2).
 *
 * <pre>
 * SK{KEi(n)}  -->
 *             <--  SK{KEr(n)}
 * </pre>
 */
final class IntermediateInitiator implements State {
  private final SaCore core;
  private Initiation initiation;
  private final AuthMaterial material;
  private final KeyExchanges keys;

  private IntermediateInitiator(
      SaCore core, Initiation initiation, AuthMaterial material, KeyExchanges keys) {
    this.core = core;
    this.initiation = initiation;
    this.material = material;
    this.keys = keys;
  }

  /** Goes on after IKE_SA_INIT: with the first of these exchanges, or with IKE_AUTH. */
  static State start(
      SaCore core,
      Initiation initiation,
      AuthMaterial material,
      KeyExchanges keys,
      Instant now,
      List<Action> out) {
    return new IntermediateInitiator(core, initiation, material, keys).next(now, out);
  }

  private State next(Instant now, List<Action> out) {
    if (!keys.hasNext()) {
      keys.destroy();
      return AuthInitiator.start(core, initiation, material, now, out);
    }
    keys.next();
    List<Payload> payloads = List.of(keys.payload());
    IkeHeader header =
        core.header(ExchangeType.IKE_INTERMEDIATE, false, core.window().nextRequestId());
    material
        .intermediates()
        .request(core.session(), header, payloads, MessageEncoder.inner(payloads));
    core.request(
        ExchangeType.IKE_INTERMEDIATE,
        payloads,
        core.remote(),
        IkeTimers.HANDSHAKE_TIMEOUT,
        now,
        out);
    return this;
  }

  @Override
  public SaPhase phase() {
    return SaPhase.CONNECTING;
  }

  @Override
  public State onResponse(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    Optional<NotifyPayload> error = message.error();
    if (error.isPresent() || !keys.agree(message)) {
      String notify = error.map(n -> NotifyType.name(n.notifyType())).orElse("");
      core.refused(error.isPresent(), notify, "no acceptable key in IKE_INTERMEDIATE", out);
      return end(CloseReason.UNEXPECTED_ANSWER);
    }
    material
        .intermediates()
        .response(core.session(), message.header(), message.payloads(), message.inner().toArray());
    core.session(core.session().updated(core, keys.secrets().getLast(), material));
    return next(now, out);
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
