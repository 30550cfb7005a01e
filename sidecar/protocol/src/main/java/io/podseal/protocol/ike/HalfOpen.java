package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A responder that has answered IKE_SA_INIT and does not know yet who the peer is. */
sealed interface HalfOpen extends State permits IntermediateResponder, AuthResponder {

  AuthMaterial material();

  Instant expiresAt();

  /** The answer to a repeated IKE_SA_INIT request, if it is the same request (§2.1). */
  default Optional<byte[]> answerTo(byte[] request) {
    return Arrays.equals(request, material().request())
        ? Optional.of(material().response())
        : Optional.empty();
  }

  @Override
  default SaPhase phase() {
    return SaPhase.CONNECTING;
  }

  @Override
  default State on(Input input, Instant now, List<Action> out) {
    return switch (input) {
      case Input.Close c -> new Dead(c.reason());
      case Input.Forget f -> new Dead(f.reason());
      case Input.TimerFired t ->
          now.isBefore(expiresAt()) ? this : new Dead(CloseReason.HALF_OPEN_EXPIRED);
      default -> this;
    };
  }

  @Override
  default State onNoAnswer(Instant now, List<Action> out) {
    throw new IllegalStateException("a responder has no request in flight before IKE_AUTH");
  }

  @Override
  default Optional<Instant> deadline() {
    return Optional.of(expiresAt());
  }
}
