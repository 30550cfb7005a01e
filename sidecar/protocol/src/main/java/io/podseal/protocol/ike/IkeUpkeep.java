package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps the time of an established IKE SA: rekeys it, asks whether a silent peer lives, keeps its
 * NAT mapping, and closes it when its lifetime is over or another has taken its place. The time of
 * its children is {@link ChildUpkeep}'s.
 */
final class IkeUpkeep {
  private final Established sa;
  private final IkeLifetime lifetime;
  private Optional<Instant> supersededAt = Optional.empty();
  private Instant heardAt;
  private Instant keepaliveAt;

  IkeUpkeep(Established sa, Instant now) {
    this.sa = sa;
    this.lifetime = IkeLifetime.from(sa.core(), now);
    this.heardAt = now;
    this.keepaliveAt = now.plus(IkeTimers.KEEPALIVE);
  }

  IkeLifetime lifetime() {
    return lifetime;
  }

  /** A message of the peer. */
  void heard(Instant now) {
    heardAt = now;
  }

  /** Another SA serves the peer; who made it deletes this one, or we do then. */
  void superseded(Instant until) {
    supersededAt = Optional.of(until);
  }

  /** This SA serves the peer again. */
  void notSuperseded() {
    supersededAt = Optional.empty();
  }

  boolean isSuperseded() {
    return supersededAt.isPresent();
  }

  /** The rekeyed SA inherits that another serves the peer. */
  void yieldTo(IkeUpkeep heir, Instant now) {
    heir.supersededAt = heir.supersededAt.or(() -> supersededAt);
    superseded(now.plus(IkeTimers.ESTABLISHED_TIMEOUT));
  }

  void onTimer(Instant now, List<Action> out) {
    if (sa.keepsChildren() && isEstablished() && lifetime.takeRekey(now)) {
      sa.begin(new IkeRekey(sa), now, out);
    }
    if (supersededAt.filter(at -> !at.isAfter(now)).isPresent()) {
      supersededAt = Optional.empty();
      sa.close(sa.succession().isOver() ? CloseReason.REKEYED : CloseReason.REPLACED, now, out);
    }
    if (isEstablished() && lifetime.isExpired(now)) {
      sa.close(CloseReason.LIFETIME, now, out);
    }
    // RFC 3948 §4: only the end behind the NAT keeps its mapping alive, when nothing else does.
    if (sa.core().behindNat() && !keepaliveAt.isAfter(now)) {
      Instant afterTraffic = sa.children().lastOutbound().plus(IkeTimers.KEEPALIVE);
      if (afterTraffic.isAfter(now)) {
        keepaliveAt = afterTraffic;
      } else {
        keepaliveAt = now.plus(IkeTimers.KEEPALIVE);
        out.add(new Action.Keepalive(sa.core().remote()));
      }
    }
  }

  /** RFC 7296 §2.4: only when we send and hear nothing is the peer asked whether it lives. */
  void checkLiveness(Instant now, List<Action> out) {
    Children children = sa.children();
    Instant heard = heardAt.isAfter(children.lastInbound()) ? heardAt : children.lastInbound();
    boolean silent = !heard.plus(sa.core().peer().lifetimes().liveness()).isAfter(now);
    // A packet of the very instant in which the peer was heard may be what it has not answered.
    boolean unanswered = !children.lastOutbound().isBefore(heard);
    if (silent && unanswered && sa.exchanges().isIdle()) {
      sa.begin(Liveness.of(sa), now, out);
    }
  }

  /** When {@link #onTimer} has something to do; {@link Instant#MAX} for never. */
  Instant deadline() {
    Instant earliest = isEstablished() ? lifetime.deadline(sa.keepsChildren()) : Instant.MAX;
    earliest = supersededAt.filter(earliest::isAfter).orElse(earliest);
    boolean keeps = sa.core().behindNat() && keepaliveAt.isBefore(earliest);
    return keeps ? keepaliveAt : earliest;
  }

  private boolean isEstablished() {
    return sa.phase() == SaPhase.ESTABLISHED;
  }
}
