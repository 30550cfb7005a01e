package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Asks for a sign of life: an empty INFORMATIONAL exchange (RFC 7296 §2.4). */
final class Liveness implements Exchange {
  private final Established sa;
  private final Optional<Endpoint> probed;

  private Liveness(Established sa, Optional<Endpoint> probed) {
    this.sa = sa;
    this.probed = probed;
  }

  static Liveness of(Established sa) {
    return new Liveness(sa, Optional.empty());
  }

  /** Asks at a new address too, which is the peer's once it answers from there. */
  static Liveness at(Established sa, Endpoint address) {
    return new Liveness(sa, Optional.of(address));
  }

  @Override
  public Optional<Endpoint> probes() {
    return probed;
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.INFORMATIONAL;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    boolean known = probed.filter(sa.core().remote()::equals).isPresent();
    return known ? Optional.empty() : Optional.of(List.of());
  }

  @Override
  public Optional<Exchange> movedTo(Established heir) {
    return probed.map(address -> at(heir, address));
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    return sa;
  }
}
