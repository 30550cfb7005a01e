package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.Input;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.telemetry.CloseReason;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides which of two IKE SAs with one peer goes when a second is established (design, decision
 * 9).
 *
 * <ul>
 *   <li>One was established before the other began: the younger is its successor. INITIAL_CONTACT
 *       says that the peer has forgotten the older.
 *   <li>They crossed: the one begun by the lower identity stays.
 * </ul>
 *
 * Whoever began the SA that stays deletes the other, as soon as it may send on what stays; the
 * other end does so only if that does not happen.
 */
final class Crossing {
  private Crossing() {}

  record Verdict(IkeSa loser, Input input) {}

  static List<Verdict> judge(Pair pair, IkeSa made, boolean weAreLower) {
    List<Verdict> verdicts = new ArrayList<>();
    for (IkeSa other : pair.in(SaPhase.ESTABLISHED)) {
      if (!other.equals(made)) {
        verdicts.add(judge(made, other, weAreLower));
      }
    }
    return verdicts;
  }

  private static Verdict judge(IkeSa made, IkeSa other, boolean weAreLower) {
    boolean succeeds = other.establishedAt().filter(at -> at.isBefore(made.begunAt())).isPresent();
    if (succeeds) {
      if (made.isInitiator()) {
        return new Verdict(other, new Input.Close(CloseReason.REPLACED));
      }
      // RFC 7296 §2.4: the peer has no other SA with us than this one.
      return made.isInitialContact()
          ? new Verdict(other, new Input.Forget(CloseReason.INITIAL_CONTACT))
          : new Verdict(other, new Input.Superseded());
    }
    boolean madeByLower = made.isInitiator() == weAreLower;
    boolean otherByLower = other.isInitiator() == weAreLower;
    IkeSa loser = madeByLower || !otherByLower ? other : made;
    IkeSa stays = loser.equals(made) ? other : made;
    // The responder of the one that stays does not know yet whether its answer arrived: what it
    // deleted now, the peer could lack.
    return stays.isInitiator()
        ? new Verdict(loser, new Input.Close(CloseReason.CROSSED))
        : new Verdict(loser, new Input.Superseded());
  }
}
