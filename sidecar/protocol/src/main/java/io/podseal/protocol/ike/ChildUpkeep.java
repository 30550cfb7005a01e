package io.podseal.protocol.ike;

import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps an IKE SA supplied with a child that works: asks for one, replaces it in time, and decides
 * from when on we send on it (RFC 7296 §2.8).
 */
final class ChildUpkeep {
  private final Established sa;
  private Optional<Instant> sendsAt = Optional.empty();
  private Instant notBefore = Instant.MIN;
  private int refusals;
  private Optional<Instant> busySince = Optional.empty();
  private boolean wanted;

  ChildUpkeep(Established sa) {
    this.sa = sa;
  }

  /** Whether we do not send yet because the peer may not receive yet. */
  boolean isWaiting() {
    return sendsAt.isPresent();
  }

  /** A responder sends on its first child once the peer surely receives there. */
  void sendLater(Instant when) {
    sendsAt = Optional.of(when);
  }

  /** Whoever goes on to the next request has our answer to the last: it receives. */
  void peerGoesOn(List<Action> out) {
    if (isWaiting()) {
      useNewest(out);
    }
  }

  private void useNewest(List<Action> out) {
    sendsAt = Optional.empty();
    children().useNewest(out);
  }

  /** From now on the peer's traffic goes on a child of this IKE SA. */
  void carryTraffic(List<Action> out) {
    sendsAt = Optional.empty();
    children().carryTraffic(out);
  }

  /** §2.8: a packet on the new SA proves that the peer has our answer. */
  void onFirstInbound(int spi, List<Action> out) {
    children()
        .byInbound(spi)
        .filter(ChildSa::isUsable)
        .filter(c -> children().newest().filter(n -> n == c).isPresent())
        .ifPresent(c -> sendNow(c, out));
  }

  /** The peer surely receives on {@code child}. */
  void sendNow(ChildSa child, List<Action> out) {
    sendsAt = Optional.empty();
    refusals = 0;
    busySince = Optional.empty();
    children().select(child, out);
  }

  /** The next child is not asked for at once. */
  void pause(Instant now) {
    notBefore = now.plus(Jitter.pauseAfterRefusal(sa.core().ctx().random()));
  }

  /** The peer has refused a child: whether the next packet that waits asks for one again. */
  boolean asksAgainAfterRefusal(Instant now) {
    pause(now);
    refusals++;
    return refusals < Limits.CHILD_REFUSALS;
  }

  /**
   * The peer cannot make a child now: whether the next packet that waits asks again. §2.25: who is
   * busy for minutes and leaves us without a child has another view of the IKE SA than we have.
   */
  boolean asksAgainWhileBusy(Instant now) {
    pause(now);
    busySince = busySince.or(() -> Optional.of(now));
    return busySince.get().plus(IkeTimers.TEMPORARY_FAILURE_PATIENCE).isAfter(now);
  }

  /** RFC 9370 §2.2.4: the peer's key exchanges come first, and may make what is wanted. */
  void wantsChildAfterwards() {
    wanted = true;
  }

  /** The peer's key exchanges have come to an end. */
  void answeredAll(Instant now, List<Action> out) {
    if (wanted) {
      wanted = false;
      ensureChild(now, out);
    }
  }

  /** Asks for a child if there is none. */
  Established ensureChild(Instant now, List<Action> out) {
    boolean wanted =
        sa.phase() == SaPhase.ESTABLISHED && sa.keepsChildren() && children().newest().isEmpty();
    if (wanted
        && !notBefore.isAfter(now)
        && !sa.exchanges().holds(e -> e instanceof ChildCreate)
        && !sa.core().peer().addresses().isEmpty()) {
      sa.begin(new ChildCreate(sa, sa.core().peer().addresses().getFirst()), now, out);
    }
    return sa;
  }

  /**
   * RFC 7296 §1.5: the peer has no child with the SPI that we send on. Ours goes, as if a rekey had
   * been answered with CHILD_SA_NOT_FOUND (§2.25.1), and a new one is made; not again at once,
   * whatever the peer says.
   */
  void peerLacks(int outboundSpi, Instant now, List<Action> out) {
    Optional<ChildSa> lacked =
        children()
            .byOutbound(sa.core().peer().child().protocol().id(), outboundSpi)
            .filter(ChildSa::isUsable);
    if (lacked.isPresent() && sa.keepsChildren() && !notBefore.isAfter(now)) {
      children().remove(lacked.get(), "the peer does not know it", now, out);
      ensureChild(now, out);
      pause(now);
    }
  }

  void onTimer(Instant now, List<Action> out) {
    if (sendsAt.filter(at -> !at.isAfter(now)).isPresent()) {
      useNewest(out);
    }
    if (sa.keepsChildren()) {
      List.copyOf(children().all()).forEach(child -> onTimer(child, now, out));
    }
  }

  private void onTimer(ChildSa child, Instant now, List<Action> out) {
    if (child.stage() == ChildSa.Stage.LINGERING) {
      if (child.isExpired(now)) {
        children().remove(child, "replaced", now, out);
      }
    } else if (child.isExpired(now)) {
      if (child.stage() != ChildSa.Stage.DELETING) {
        // RFC 4301 §4.4.2.1: nothing is sent any more, whether the peer answers or not.
        child.stage(ChildSa.Stage.DELETING);
        children().leave(child, out);
        sa.begin(new ChildDelete(sa, child, "its lifetime is over"), now, out);
      }
    } else if (child.isRekeyDue(now)) {
      child.stage(ChildSa.Stage.REKEYING);
      sa.begin(new ChildRekey(sa, child), now, out);
    }
  }

  /** When {@link #onTimer} has something to do. */
  Optional<Instant> deadline() {
    Optional<Instant> ofChildren = sa.keepsChildren() ? children().deadline() : Optional.empty();
    return IkeTimers.earlier(sendsAt, ofChildren);
  }

  /** The peer rekeys {@code old}; perhaps we do so too. */
  void crossesRekey(ChildSa old, Bytes lowestNonce) {
    if (sa.exchanges().current().orElse(null) instanceof ChildRekey ours && ours.old() == old) {
      ours.crossed(lowestNonce);
    }
  }

  /** The peer has replaced {@code old}: keep sending there until {@code made} surely receives. */
  void rekeyedByPeer(ChildSa old, ChildSa made) {
    children().add(made);
    if (sa.exchanges().current().orElse(null) instanceof ChildRekey ours && ours.old() == old) {
      ours.replaced();
    } else if (old.isUsable()) {
      old.stage(ChildSa.Stage.REPLACED);
    }
  }

  /** The peer has made another child. */
  void createdByPeer(ChildSa made, Instant now) {
    children().add(made);
    busySince = Optional.empty();
    if (sa.exchanges().current().orElse(null) instanceof ChildCreate ours) {
      ours.crossed(made);
    }
    if (children().inUse().isEmpty()) {
      sendLater(now.plus(IkeTimers.RESPONDER_SENDS_AFTER));
    }
  }

  /** The children are the heir's; the peer may have asked it for one already. */
  void yieldTo(ChildUpkeep heir) {
    heir.sendsAt = heir.sendsAt.or(() -> sendsAt);
    sendsAt = Optional.empty();
    heir.notBefore = notBefore;
    heir.refusals = refusals;
    heir.wanted = wanted;
    wanted = false;
  }

  private Children children() {
    return sa.children();
  }
}
