package io.podseal.protocol.ike;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Deletes the IKE SA and with it all children (RFC 7296 §1.4.1). */
final class IkeDelete implements Exchange {
  private final Established sa;
  private final CloseReason reason;

  IkeDelete(Established sa, CloseReason reason) {
    this.sa = sa;
    this.reason = reason;
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.INFORMATIONAL;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    return Optional.of(List.of(DeletePayload.ike()));
  }

  @Override
  public Duration timeout() {
    return IkeTimers.DELETE_TIMEOUT;
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    return sa.ended(reason, now, out);
  }
}
