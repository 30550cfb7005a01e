package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Input;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One declared peer, its IKE SAs, which of them carries traffic, and what has been tried. */
final class Pair {
  private static final Comparator<IkeSa> FITNESS =
      Comparator.comparing((IkeSa s) -> !s.isSuperseded())
          .thenComparing(s -> s.establishedAt().orElse(Instant.MIN))
          .thenComparingLong(IkeSa::initiatorSpi);

  private Peer peer;
  private final List<IkeSa> sas = new ArrayList<>();
  private final KeyExchangeBudget keyExchanges = KeyExchangeBudget.ofPeer();
  private final KeyExchangeBudget beginnings = KeyExchangeBudget.ofPeer();
  private final List<Postponed> postponed = new ArrayList<>();
  private @Nullable IkeSa carrier;
  private boolean contacted;
  private int failures;
  private Instant notBefore = Instant.MIN;
  private Instant recoverAfter = Instant.MIN;
  private int refusedEpoch;
  private Instant refusedUntil = Instant.MIN;

  private record Postponed(Crossing.Verdict verdict, Instant since) {}

  Pair(Peer peer) {
    this.peer = peer;
  }

  Peer peer() {
    return peer;
  }

  /**
   * Takes over what the controller says now. Keys that did not change keep their object, because an
   * IKE SA under way may hold it; others are zeroed, and so are copies in {@code next}.
   *
   * @return the epochs of keys that are gone, which IKE SAs under way may use
   */
  Set<Integer> update(Peer next) {
    List<PresharedKey> keys = new ArrayList<>();
    List<PresharedKey> gone = new ArrayList<>(peer.keys());
    for (PresharedKey key : next.keys()) {
      Optional<PresharedKey> same =
          peer.keys().stream()
              .filter(k ->
                  k.epoch() == key.epoch()
                      && k.secret().equals(key.secret())
                      && k.ppk().equals(key.ppk()))
              .findFirst();
      same.filter(k -> isCopy(k, key)).ifPresent(k -> key.destroy());
      same.ifPresent(gone::remove);
      keys.add(
          same.map(k -> new PresharedKey(k.epoch(), k.secret(), key.mayInitiate(), k.ppk()))
              .orElse(key));
    }
    gone.forEach(PresharedKey::destroy);
    peer =
        new Peer(
            next.identity(),
            next.label(),
            next.addresses(),
            keys,
            next.crypto(),
            next.lifetimes(),
            next.child());
    refusedEpoch = 0;
    notBefore = Instant.MIN;
    failures = 0;
    return gone.stream().map(PresharedKey::epoch).collect(Collectors.toSet());
  }

  @SuppressWarnings("ReferenceEquality") // the same object must live, an equal one is a copy
  private static boolean isCopy(PresharedKey held, PresharedKey given) {
    return held.secret() != given.secret();
  }

  void forgetKeys() {
    peer.keys().forEach(PresharedKey::destroy);
  }

  List<IkeSa> sas() {
    return List.copyOf(sas);
  }

  void add(IkeSa sa) {
    if (!sas.contains(sa)) {
      sas.add(sa);
    }
  }

  void remove(IkeSa sa) {
    sas.remove(sa);
    if (carrier == sa) {
      carrier = null;
    }
  }

  void postpone(Crossing.Verdict verdict, Instant now) {
    postponed.add(new Postponed(verdict, now));
  }

  /** {@code heir} is {@code sa} rekeyed: what was said of the one holds for the other. */
  void rekeyed(IkeSa sa, IkeSa heir) {
    add(heir);
    postponed.replaceAll(p -> new Postponed(p.verdict().after(sa, heir), p.since()));
  }

  /** The postponed verdicts whose time has come; none where either SA is over. */
  List<Crossing.Verdict> takeDue(Instant now) {
    List<Crossing.Verdict> due = new ArrayList<>();
    postponed.removeIf(p -> {
      Crossing.Verdict v = p.verdict();
      if (v.stays().phase() != SaPhase.ESTABLISHED || v.loser().phase() != SaPhase.ESTABLISHED) {
        return true;
      }
      Optional<Crossing.Verdict> ripe = v.isEarly() ? v.turned(p.since(), now) : Optional.of(v);
      ripe.ifPresent(due::add);
      return ripe.isPresent();
    });
    return due;
  }

  @Nullable IkeSa carrier() {
    return carrier;
  }

  /**
   * Puts traffic on the best SA. One that ends goes on carrying, because the peer still receives
   * there, until its successor may: even a peer that deletes the old SA may lack the answer that
   * lets it receive on the new one.
   */
  void chooseCarrier(Instant now, List<Action> out) {
    Optional<IkeSa> best = bestCarrier();
    if (best.isPresent() && best.get() != carrier) {
      carry(best.get(), now, out);
    } else if (carrier != null
        && carrier.phase() != SaPhase.ESTABLISHED
        && in(SaPhase.ESTABLISHED).isEmpty()) {
      carrier = null;
    }
  }

  /** Moves traffic from {@code leaving}, which is about to end, if another SA may take it. */
  void moveTrafficOff(IkeSa leaving, Instant now, List<Action> out) {
    if (carrier == leaving) {
      in(SaPhase.ESTABLISHED).stream()
          .filter(s -> s != leaving && s.mayCarryTraffic())
          .findFirst()
          .ifPresent(next -> carry(next, now, out));
    }
  }

  private void carry(IkeSa next, Instant now, List<Action> out) {
    for (IkeSa sa : sas) {
      if (sa != next) {
        out.addAll(sa.handle(new Input.CarryTraffic(false), now));
      }
    }
    carrier = next;
    out.addAll(next.handle(new Input.CarryTraffic(true), now));
  }

  List<IkeSa> in(SaPhase phase) {
    List<IkeSa> found = new ArrayList<>(sas.size());
    for (IkeSa sa : sas) {
      if (sa.phase() == phase) {
        found.add(sa);
      }
    }
    return found;
  }

  /** Our own attempt that is under way. */
  Optional<IkeSa> connecting() {
    return sas.stream().filter(s -> s.phase() == SaPhase.CONNECTING && s.isInitiator()).findFirst();
  }

  /** The SA that should carry traffic: the newest that may, and that none is to replace. */
  private Optional<IkeSa> bestCarrier() {
    IkeSa best = null;
    for (IkeSa sa : sas) {
      if (sa.mayCarryTraffic() && (best == null || FITNESS.compare(sa, best) > 0)) {
        best = sa;
      }
    }
    return Optional.ofNullable(best);
  }

  /**
   * Whether IKE_AUTH is to say INITIAL_CONTACT: no SA with this peer since we started (RFC 7296
   * §2.4).
   */
  boolean isFirstContact() {
    return !contacted;
  }

  /**
   * @param epoch of the key that the peer has authenticated with
   */
  void established(int epoch) {
    contacted = true;
    if (epoch == refusedEpoch) {
      refusedEpoch = 0;
    }
    failures = 0;
    notBefore = Instant.MIN;
  }

  boolean mayStart(Instant now) {
    return !now.isBefore(notBefore);
  }

  void failed(CloseReason reason, int epoch, Instant now) {
    if (reason == CloseReason.AUTHENTICATION_FAILED) {
      // Decision 4 of the design: the peer may not have this epoch yet; fall back to the other.
      refusedEpoch = epoch;
      refusedUntil = now.plus(IkeTimers.EPOCH_REFUSAL);
    }
    Duration pause = IkeTimers.RETRY_FIRST.multipliedBy(1L << failures);
    failures = Math.min(failures + 1, Limits.BACKOFF_STEPS);
    notBefore = now.plus(pause.compareTo(IkeTimers.RETRY_CAP) < 0 ? pause : IkeTimers.RETRY_CAP);
  }

  /** Whether we answer another CREATE_CHILD_SA of the peer now; then it is counted. */
  boolean mayExchangeKeys(int method, Instant now) {
    return keyExchanges.takes(method, now);
  }

  /**
   * Whether whoever has returned a cookie from this peer's address may begin with this key exchange
   * when strangers have used up theirs; then it is counted. Apart from what the peer may do once it
   * has authenticated: who has its address may not be it.
   */
  boolean mayBegin(int method, Instant now) {
    return beginnings.takes(method, now);
  }

  /** Whether an unknown SPI may make us start; then not again for a while. */
  boolean mayRecover(Instant now) {
    if (now.isBefore(recoverAfter)) {
      return false;
    }
    recoverAfter = now.plus(IkeTimers.RECOVERY_INTERVAL);
    return true;
  }

  /** When a newer epoch than this one, which the peer has refused, is tried again. */
  Optional<Instant> retryOfNewerThan(int epoch, Instant now) {
    boolean waits =
        refusedEpoch > epoch
            && now.isBefore(refusedUntil)
            && peer.keys().stream().anyMatch(k -> k.epoch() == refusedEpoch && k.mayInitiate());
    return waits ? Optional.of(refusedUntil) : Optional.empty();
  }

  /** The newest key to begin with, unless the peer has lately refused it and there is another. */
  Optional<PresharedKey> initiatingKey(Instant now) {
    Optional<PresharedKey> other =
        peer.keys().stream()
            .filter(PresharedKey::mayInitiate)
            .filter(k -> k.epoch() != refusedEpoch || !now.isBefore(refusedUntil))
            // Who can forge a refusal must not get us to do without a PPK.
            .filter(k -> requiresPpk(Optional.of(k)) || !requiresPpk(peer.initiatingKey()))
            .findFirst();
    return other.or(peer::initiatingKey);
  }

  private static boolean requiresPpk(Optional<PresharedKey> key) {
    return key.flatMap(PresharedKey::ppk).filter(Ppk::required).isPresent();
  }
}
