package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A deleted IKE SA whose children still receive for a moment: packets in flight, and a repeated
 * Delete that wants its answer again.
 */
final class Ended implements State {
  private final Children children;
  private final CloseReason reason;
  private final Instant until;

  Ended(Children children, CloseReason reason, Instant until) {
    this.children = children;
    this.reason = reason;
    this.until = until;
  }

  Children children() {
    return children;
  }

  CloseReason reason() {
    return reason;
  }

  @Override
  public SaPhase phase() {
    return SaPhase.CLOSING;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    if (input instanceof Input.Forget || !now.isBefore(until)) {
      children.removeAll(now, out);
      return new Dead(reason);
    }
    if (input instanceof Input.CarryTraffic c && !c.carries()) {
      children.stopCarrying();
    }
    return this;
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    children.removeAll(now, out);
    return new Dead(reason);
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.of(until);
  }
}
