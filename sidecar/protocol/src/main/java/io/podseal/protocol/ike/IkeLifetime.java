package io.podseal.protocol.ike;

import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import java.time.Instant;

/** When an IKE SA is to be rekeyed, authenticated anew, or given up; local, never negotiated. */
final class IkeLifetime {
  private Instant rekeyAt;
  private Instant replaceAt = Instant.MAX;
  private boolean mayKeep = true;
  private final Instant expiresAt;

  private IkeLifetime(Instant rekeyAt, Instant expiresAt) {
    this.rekeyAt = rekeyAt;
    this.expiresAt = expiresAt;
  }

  /**
   * Decision 9 of the design: the lower identity rekeys, the other only if that does not happen.
   */
  static IkeLifetime from(SaCore core, Instant now) {
    Duration soft = core.peer().lifetimes().ike();
    Duration hard = Lifetimes.hard(soft);
    boolean lower = core.ctx().self().identity().compareTo(core.peer().identity()) < 0;
    Duration ours =
        lower
            ? Jitter.shortened(core.ctx().random(), soft)
            : soft.plus(hard.minus(soft).dividedBy(2));
    return new IkeLifetime(now.plus(ours), now.plus(hard));
  }

  /** Whether a rekey is due; then not again unless {@link #rekeyAt} says so. */
  boolean takeRekey(Instant now) {
    if (rekeyAt.isAfter(now)) {
      return false;
    }
    rekeyAt = Instant.MAX;
    return true;
  }

  void rekeyAt(Instant when) {
    rekeyAt = when;
  }

  boolean isReplacementDue(Instant now) {
    return !replaceAt.isAfter(now);
  }

  void replaceBy(Instant when) {
    if (when.isBefore(replaceAt)) {
      replaceAt = when;
    }
  }

  void replaceAt(Instant when) {
    replaceAt = when;
  }

  /** §1.3.2: a peer that will not rekey is authenticated anew, with whatever key there is. */
  void cannotRekey(Instant now) {
    mayKeep = false;
    replaceAt = now;
  }

  /** The newer key that the SA was to be replaced for does not work. */
  void keep() {
    if (mayKeep) {
      replaceAt = Instant.MAX;
    }
  }

  boolean isExpired(Instant now) {
    return !expiresAt.isAfter(now);
  }

  /**
   * @param rekeys whether this SA is one to be rekeyed now
   */
  Instant deadline(boolean rekeys) {
    Instant earliest = rekeys && rekeyAt.isBefore(expiresAt) ? rekeyAt : expiresAt;
    return replaceAt.isBefore(earliest) ? replaceAt : earliest;
  }
}
