package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A deleted IKE SA that lingers: its children receive packets in flight, and a repeated Delete gets
 * its answer again (RFC 7296 §2.1).
 */
final class Ended implements Over {
  private final Established sa;
  private final CloseReason reason;
  private final Instant until;
  private final boolean receives;

  private Ended(Established sa, CloseReason reason, Instant until, boolean receives) {
    this.sa = sa;
    this.reason = reason;
    this.until = until;
    this.receives = receives;
  }

  static Ended after(Established sa, CloseReason reason, Instant now) {
    return new Ended(sa, reason, now.plus(IkeTimers.REKEYED_CHILD_LINGER), /* receives= */ true);
  }

  Established before() {
    return sa;
  }

  @Override
  public CloseReason reason() {
    return reason;
  }

  @Override
  public SaPhase phase() {
    return SaPhase.CLOSING;
  }

  @Override
  public State on(Input input, Instant now, List<Action> out) {
    // A peer that is no longer declared has nothing in flight that would be welcome.
    boolean unwelcome = input instanceof Input.Close c && !c.reason().keepsReceiving();
    boolean over = input instanceof Input.TimerFired && !now.isBefore(until);
    if (input instanceof Input.Forget || unwelcome || over) {
      sa.removeChildren(now, out);
      return new Dead(reason);
    }
    if (input instanceof Input.StopReceiving && receives) {
      sa.removeChildren(now, out);
      return new Ended(sa, reason, now.plus(IkeTimers.LAST_ANSWER_LINGER), /* receives= */ false);
    }
    if (input instanceof Input.CarryTraffic c && !c.carries() && sa.keepsChildren()) {
      sa.children().stopCarrying();
    }
    return this;
  }

  @Override
  public State onNoAnswer(Instant now, List<Action> out) {
    sa.removeChildren(now, out);
    return new Dead(reason);
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.of(until);
  }
}
