package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeContext;
import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Initiation;
import io.podseal.protocol.ike.Input;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The IKE SAs of one pod together: lets one of them handle something and draws the consequences for
 * the others with the same peer, until one carries the traffic and those that are too many end.
 */
final class Fleet {
  private final IkeContext ctx;
  private final InitGate gate;
  private final SaTable sas;
  private final PairTable pairs;

  Fleet(IkeContext ctx, InitGate gate, SaTable sas, PairTable pairs) {
    this.ctx = ctx;
    this.gate = gate;
    this.sas = sas;
    this.pairs = pairs;
  }

  /** Begins an IKE SA with a child. */
  void start(Pair pair, boolean replaces, String why, Instant now, List<Action> out) {
    start(pair, replaces, false, why, now, out);
  }

  /** Begins an IKE SA, or says that there is no key to do so with. */
  void start(
      Pair pair, boolean replaces, boolean childless, String why, Instant now, List<Action> out) {
    Peer peer = pair.peer();
    Optional<PresharedKey> key = pair.initiatingKey(now);
    if (key.isEmpty() || peer.addresses().isEmpty()) {
      out.add(new Action.Drop(DropReason.NO_KEY));
      return;
    }
    String remote = new Endpoint(peer.addresses().getFirst(), Ports.IKE).toString();
    out.add(new Action.Emit(new ProtocolEvent.IkeSaStarted(peer.label(), remote, why)));
    Initiation initiation = new Initiation(key.get(), pair.isFirstContact(), replaces, childless);
    int before = out.size();
    IkeSa sa = IkeSa.initiate(ctx, peer, initiation, now, out);
    logClear(out.subList(before, out.size()));
    sas.add(sa);
    pair.add(sa);
  }

  void closeAll(Pair pair, CloseReason reason, Instant now, List<Action> out) {
    for (IkeSa sa : pair.sas()) {
      run(sa, new Input.Close(reason), now, out);
    }
  }

  /** Design, decision 4: a newer epoch replaces an SA that stands, a retired one ends it. */
  void followEpoch(Pair pair, IkeSa sa, Instant now, List<Action> out) {
    if (sa.phase() != SaPhase.ESTABLISHED) {
      return;
    }
    List<PresharedKey> keys = pair.peer().keys();
    if (keys.stream().noneMatch(k -> k.epoch() == sa.epoch())) {
      run(sa, new Input.Close(CloseReason.PEER_CHANGED), now, out);
    } else if (isOutdated(pair, sa, now)) {
      Duration wait = isLower(pair) ? IkeTimers.RETRY_FIRST : IkeTimers.RETRY_CAP.multipliedBy(3);
      sa.replaceBy(now.plus(wait));
      sas.refresh(sa);
    } else {
      keep(pair, sa, now);
    }
  }

  /** Design, decision 4: a newer epoch that the peer refuses leaves the SA in place. */
  private void keepWhatHasNoNewerEpoch(Pair pair, Instant now) {
    for (IkeSa sa : pair.in(SaPhase.ESTABLISHED)) {
      if (!isOutdated(pair, sa, now)) {
        keep(pair, sa, now);
      }
    }
  }

  private void keep(Pair pair, IkeSa sa, Instant now) {
    sa.keep();
    pair.retryOfNewerThan(sa.epoch(), now).ifPresent(sa::replaceBy);
    sas.refresh(sa);
  }

  private static boolean isOutdated(Pair pair, IkeSa sa, Instant now) {
    return pair.initiatingKey(now).filter(k -> k.epoch() > sa.epoch()).isPresent();
  }

  /** Lets an SA handle something and draws the consequences for its peer. */
  void run(IkeSa sa, Input input, Instant now, List<Action> out) {
    SaPhase before = sa.phase();
    List<Action> actions = sa.handle(input, now);
    logClear(actions);
    out.addAll(actions);
    SaPhase after = sa.phase();
    boolean connected = before == SaPhase.CONNECTING && after == SaPhase.ESTABLISHED;
    if (connected) {
      gate.proven(sa);
    }
    Pair pair = pairOf(sa);
    if (pair != null) {
      // Who has begun it is known only now, if it was not us.
      pair.add(sa);
    }
    List<IkeSa> offspring = sa.takeOffspring();
    for (IkeSa rekeyed : offspring) {
      sas.add(rekeyed);
      if (pair != null) {
        pair.rekeyed(sa, rekeyed);
      }
    }
    // A rekey moves children between the SAs of a pair.
    if (pair == null) {
      sas.refresh(sa);
    } else {
      pair.sas().forEach(sas::refresh);
      for (IkeSa rekeyed : offspring) {
        followEpoch(pair, rekeyed, now, out);
      }
      if (connected) {
        established(pair, sa, now, out);
      }
      if (sa.isReplacementDue(now)) {
        replacementDue(pair, sa, now, out);
      }
      if (before == SaPhase.CONNECTING
          && (after == SaPhase.DEAD || after == SaPhase.CLOSING)
          && sa.isInitiator()
          && !(input instanceof Input.Superseded)) {
        pair.failed(sa.failure().orElse(CloseReason.CHILD_REFUSED), sa.attemptedEpoch(), now);
        keepWhatHasNoNewerEpoch(pair, now);
      }
    }
    if (sa.phase() == SaPhase.DEAD) {
      forget(sa, pair);
    } else {
      sas.refresh(sa);
    }
    if (pair != null) {
      for (Crossing.Verdict verdict : pair.takeDue(now)) {
        end(pair, verdict.loser(), verdict.input(), now, out);
      }
      pair.chooseCarrier(now, out);
      // Packets in flight are of interest only while another one carries traffic.
      if (sa.phase() == SaPhase.CLOSING && sa.ended().isPresent() && pair.carrier() == null) {
        out.addAll(sa.handle(new Input.StopReceiving(), now));
        sas.refresh(sa);
      }
    }
  }

  private @Nullable Pair pairOf(IkeSa sa) {
    return sa.peer().map(pairs::get).orElse(null);
  }

  private void forget(IkeSa sa, @Nullable Pair pair) {
    sas.remove(sa);
    gate.forget(sa);
    if (pair != null) {
      pair.remove(sa);
    }
  }

  private boolean isLower(Pair pair) {
    return ctx.self().identity().compareTo(pair.peer().identity()) < 0;
  }

  private void established(Pair pair, IkeSa sa, Instant now, List<Action> out) {
    if (!sa.isInitiator()) {
      giveWay(pair, sa, now, out);
    }
    for (Crossing.Verdict verdict : Crossing.judge(pair, sa, isLower(pair))) {
      if (verdict.isEarly()) {
        pair.postpone(verdict, now);
      } else {
        end(pair, verdict.loser(), verdict.input(), now, out);
      }
    }
    pair.established(sa.epoch());
    List<IkeSa> all = pair.in(SaPhase.ESTABLISHED);
    if (all.size() > Limits.ESTABLISHED_PER_PEER) {
      IkeSa oldest = all.stream().filter(s -> s != pair.carrier()).findFirst().orElseThrow();
      end(pair, oldest, new Input.Close(CloseReason.REPLACED), now, out);
    }
    // Our attempt with a newer epoch may have given way to what the peer began with an older one.
    for (IkeSa standing : pair.in(SaPhase.ESTABLISHED)) {
      followEpoch(pair, standing, now, out);
    }
    makeRoom(pair, now, out);
  }

  /**
   * Ends our own attempt if the peer has not read in it who we are: later it would take {@code
   * made} for an older SA, that ours succeeds or even that we have forgotten (INITIAL_CONTACT),
   * while we take the two for crossed.
   */
  private void giveWay(Pair pair, IkeSa made, Instant now, List<Action> out) {
    Optional<IkeSa> ours = pair.connecting();
    if (ours.isPresent()) {
      run(ours.get(), new Input.Superseded(), now, out);
      if (ours.get().phase() == SaPhase.DEAD && !made.hasChild()) {
        // Whoever begins mostly has a packet that waits.
        run(made, new Input.PacketWaiting(), now, out);
      }
    }
  }

  /** Ends the oldest of those that wait for an answer to their Delete, or for the peer's. */
  private void makeRoom(Pair pair, Instant now, List<Action> out) {
    int tooMany = pair.sas().size() - Limits.IKE_SAS_PER_PEER;
    for (IkeSa ending : pair.in(SaPhase.CLOSING)) {
      if (tooMany-- <= 0) {
        return;
      }
      end(pair, ending, new Input.Forget(CloseReason.REPLACED), now, out);
    }
  }

  /** Ends an SA of a pair from within another's consequences, after traffic has moved. */
  private void end(Pair pair, IkeSa sa, Input input, Instant now, List<Action> out) {
    // One that is superseded does not end yet, and carries until its successor may.
    if (!(input instanceof Input.Superseded)) {
      pair.moveTrafficOff(sa, now, out);
    }
    run(sa, input, now, out);
  }

  /** RFC 7296 §2.8.3: the old one goes when the new one stands. */
  private void replacementDue(Pair pair, IkeSa sa, Instant now, List<Action> out) {
    sa.retryReplacementAt(now.plus(IkeTimers.HANDSHAKE_TIMEOUT));
    boolean isToCome =
        pair.in(SaPhase.ESTABLISHED).stream()
            .anyMatch(s -> s.epoch() > sa.epoch() && s.hasChild() && !s.isSuperseded());
    if (pair.carrier() == sa && pair.connecting().isEmpty() && !isToCome) {
      start(pair, true, "the IKE SA is to be authenticated anew", now, out);
    }
  }

  void logClear(List<Action> actions) {
    ctx.options().messages().sentClear(ctx.self(), actions);
  }
}
