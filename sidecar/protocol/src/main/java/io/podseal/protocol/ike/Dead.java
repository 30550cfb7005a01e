package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;

/** The end of an IKE SA; its keys are zeroed. */
record Dead(CloseReason reason) implements Over {
  @Override
  public SaPhase phase() {
    return SaPhase.DEAD;
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    return this;
  }
}
