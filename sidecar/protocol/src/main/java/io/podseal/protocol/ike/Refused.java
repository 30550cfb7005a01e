package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A responder that refused IKE_AUTH: it only repeats its answer until the peer must have it. */
record Refused(SaCore core, CloseReason reason, Instant until) implements State {
  @Override
  public SaPhase phase() {
    return SaPhase.CLOSING;
  }

  @Override
  public boolean takes(ExchangeType exchange) {
    return exchange == ExchangeType.INFORMATIONAL;
  }

  @Override
  public State onRequest(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    // RFC 7296 §1.4: every INFORMATIONAL request is answered; here it can only be a Delete.
    core.respond(message.header(), List.of(), in, out);
    return this;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    return now.isBefore(until) ? this : new Dead(reason);
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    return new Dead(reason);
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.of(until);
  }
}
