package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A responder that refused the handshake, not only its child, so that no IKE SA stands (RFC 7296
 * §2.21.2): it only repeats its answer until the peer must have it.
 */
record Refused(CloseReason reason, Instant until) implements State {
  @Override
  public SaPhase phase() {
    return SaPhase.CLOSING;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    return switch (input) {
      case Input.Close c -> new Dead(reason);
      case Input.Forget f -> new Dead(reason);
      case Input.TimerFired t -> now.isBefore(until) ? this : new Dead(reason);
      default -> this;
    };
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
