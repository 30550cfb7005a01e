package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;

/**
 * An initiator that does not believe the responder's AUTH and has said so in an INFORMATIONAL
 * exchange, because the responder believes that the IKE SA stands (RFC 7296 §2.21.2): it waits for
 * the answer and for nothing else.
 */
record Disavowed(CloseReason reason) implements State {
  @Override
  public SaPhase phase() {
    return SaPhase.CLOSING;
  }

  @Override
  public State onResponse(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    return new Dead(reason);
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    return switch (input) {
      case Input.Close c -> new Dead(reason);
      case Input.Forget f -> new Dead(reason);
      default -> this;
    };
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    return new Dead(reason);
  }
}
