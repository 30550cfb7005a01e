package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What rekeying in place makes of an IKE SA (RFC 7296 §2.8.2, §2.18). The children are shared by
 * all SAs of a rekey, and one of these keeps them:
 *
 * <ul>
 *   <li>a rekey of one end: the new SA keeps them at once; the old one awaits its Delete;
 *   <li>both ends rekey: the old one keeps them until our own request is answered or the old SA
 *       goes. Then the four nonces decide, or what the peer has done.
 * </ul>
 */
final class Succession {
  private final Established sa;
  private final Bytes lowestNonce;
  private @Nullable Established heir;
  private @Nullable Established crossing;
  private @Nullable Bytes crossingNonce;
  private @Nullable Established origin;
  private boolean retired;

  /**
   * @param lowestNonce of the exchange that made {@code sa}
   */
  Succession(Established sa, Bytes lowestNonce) {
    this.sa = sa;
    this.lowestNonce = lowestNonce;
  }

  Bytes lowestNonce() {
    return lowestNonce;
  }

  /** Whether another SA has taken over, or took the place meant for this one. */
  boolean isOver() {
    return heir != null || retired;
  }

  boolean isRekeyed() {
    return heir != null;
  }

  /** Whether a rekey of ours awaits its answer. */
  boolean isRekeying() {
    return sa.exchanges().current().filter(e -> e instanceof IkeRekey).isPresent();
  }

  /** The peer's rekey is under way; the lower nonce of its exchange. */
  void crossedBy(Bytes nonce) {
    crossingNonce = nonce;
  }

  void notCrossed() {
    crossingNonce = null;
  }

  Optional<Bytes> crossingNonce() {
    return Optional.ofNullable(crossingNonce);
  }

  /** What the peer's rekey made while ours is under way. */
  Optional<Established> crossing() {
    return Optional.ofNullable(crossing);
  }

  /** We have answered the peer's rekey with {@code made}. */
  void rekeyedByPeer(Established made, Instant now, List<Action> out) {
    if (isOver()) {
      made.succession().retire(now);
    } else if (isRekeying()) {
      crossing = made;
      made.succession().origin = sa;
    } else {
      yieldTo(made, now, out);
    }
  }

  /** {@code next} takes over. */
  void yieldTo(Established next, Instant now, List<Action> out) {
    heir = next;
    crossing = null;
    next.succession().origin = null;
    sa.yieldTo(next, now, out);
    SaCore core = next.core();
    out.add(
        new Action.Emit(
            new ProtocolEvent.IkeSaRekeyed(
                core.peerLabel(),
                core.remote().toString(),
                core.isInitiator(),
                core.session().suite().toString(),
                sa.core().spis(),
                core.spis())));
  }

  /** The SA lost against another: the peer, who began it, deletes it. */
  void retire(Instant now) {
    retired = true;
    origin = null;
    sa.retire(now);
  }

  /** The SA is deleted or dead. */
  void ended(Instant now, List<Action> out) {
    Established theirs = crossing;
    if (theirs != null) {
      // §2.8.2: the peer deletes the old SA without our rekey: it goes on with its own.
      yieldTo(theirs, now, out);
    }
    Established from = origin;
    if (from != null) {
      from.succession().crossing = null;
      from.succession().crossingNonce = null;
      origin = null;
    }
  }
}
