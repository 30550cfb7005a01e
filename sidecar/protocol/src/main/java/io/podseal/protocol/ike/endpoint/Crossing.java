package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Input;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
 * Whoever began the SA that goes deletes it, once it may send on the other; the other end does so
 * only if that does not happen.
 */
final class Crossing {
  private Crossing() {}

  record Verdict(IkeSa loser, IkeSa stays, Input input) {
    /** The same once {@code sa} was rekeyed. */
    Verdict after(IkeSa sa, IkeSa heir) {
      return new Verdict(loser.equals(sa) ? heir : loser, stays.equals(sa) ? heir : stays, input);
    }

    /**
     * Whether to wait before the loser goes. As responder of the one that stays we do not know yet
     * that our answer arrived, and what we delete now could be all that the peer has. And one whose
     * first child was refused replaces nothing that works (RFC 7296 §2.21.2), unless the peer has
     * nothing else.
     */
    boolean isEarly() {
      return !(input instanceof Input.Forget) && (stays.awaitsProof() || isUseless());
    }

    private boolean isUseless() {
      return loser.hasChild() && !stays.hasChild();
    }

    /** The one that was to stay goes, if it has had no child for so long that it gets none. */
    Optional<Verdict> turned(Instant since, Instant now) {
      return isUseless() && !since.plus(IkeTimers.HANDSHAKE_TIMEOUT).isAfter(now)
          ? Optional.of(
              new Verdict(
                  /* loser= */ stays, /* stays= */ loser, new Input.Close(CloseReason.CROSSED)))
          : Optional.empty();
    }
  }

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
        return new Verdict(other, made, new Input.Close(CloseReason.REPLACED));
      }
      // RFC 7296 §2.4: the peer has no other SA with us than this one.
      return made.isInitialContact()
          ? new Verdict(other, made, new Input.Forget(CloseReason.INITIAL_CONTACT))
          : new Verdict(other, made, new Input.Superseded());
    }
    boolean madeByLower = made.isInitiator() == weAreLower;
    boolean otherByLower = other.isInitiator() == weAreLower;
    IkeSa loser = madeByLower || !otherByLower ? other : made;
    IkeSa stays = loser.equals(made) ? other : made;
    return new Verdict(
        loser,
        stays,
        loser.isInitiator() ? new Input.Close(CloseReason.CROSSED) : new Input.Superseded());
  }
}
