package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.Payload;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Leaves the token of an IKE SA that our rekey has made with the peer (RFC 6290 §4.3). */
final class CrashTokenUpdate implements Exchange {
  private final Established sa;

  CrashTokenUpdate(Established sa) {
    this.sa = sa;
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.INFORMATIONAL;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    return Optional.of(List.<Payload>copyOf(sa.core().crashProof())).filter(p -> !p.isEmpty());
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    return sa;
  }
}
