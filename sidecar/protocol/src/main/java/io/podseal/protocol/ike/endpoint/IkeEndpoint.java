package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.CrashDetection;
import io.podseal.protocol.ike.IkeContext;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.IkeSaView;
import io.podseal.protocol.ike.Input;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.ike.SpiRegistry;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.UnprotectedAnswer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.udpencap.Ports;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * All IKE SAs of one pod. Finds the SA of a datagram, starts and replaces SAs, and decides between
 * two that serve the same peer. Inputs and the time go in, actions come out.
 *
 * <p>Confined to one thread. Does no I/O and reads no clock. Bad input gives {@link Action.Drop},
 * never an exception. Lookups and timers are O(log n) or better in the number of SAs.
 */
public final class IkeEndpoint {
  private final IkeContext ctx;
  private final InitGate gate;
  private final SaTable sas = new SaTable();
  private final PairTable pairs = new PairTable();
  private final Fleet fleet;

  public IkeEndpoint(LocalPod self, CryptoProvider crypto, RandomSource random, KeyLog keyLog) {
    this(self, crypto, random, keyLog, IkeOptions.DEFAULT);
  }

  public IkeEndpoint(
      LocalPod self,
      CryptoProvider crypto,
      RandomSource random,
      KeyLog keyLog,
      IkeOptions options) {
    this.ctx =
        new IkeContext(
            crypto, random, self, pairs, new SpiRegistry(random), new HashSet<>(), keyLog, options);
    this.gate = new InitGate(ctx, pairs);
    this.fleet = new Fleet(ctx, gate, sas, pairs);
  }

  /**
   * A datagram on UDP 500 or, without its marker, on 4500.
   *
   * @param to our address and port that it reached
   */
  public List<Action> datagram(byte[] bytes, Endpoint from, Endpoint to, Instant now) {
    List<Action> out = new ArrayList<>();
    if (from.port() == 0) {
      // Nobody can be answered there, and it must not become an SA's address.
      out.add(new Action.Drop(DropReason.DATAGRAM_SOURCE_PORT));
      return out;
    }
    switch (MessageDecoder.decode(bytes)) {
      case Decoded.Malformed<Datagram> bad -> {
        out.add(new Action.Drop(bad.reason()));
        if (bad.reason() == DropReason.IKE_VERSION) {
          UnprotectedAnswer.invalidMajorVersion(bytes)
              .ifPresent(answer -> answerInClear(answer, bytes.length, from, to, now, out));
        }
      }
      case Decoded.Ok<Datagram> ok -> {
        Input.Received in = new Input.Received(ok.value(), from, to);
        ctx.options().messages().received(in);
        dispatch(in, now, out);
        ctx.options().messages().dropped(in, out);
      }
    }
    return out;
  }

  private void dispatch(Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    if (header.exchange() == ExchangeType.IKE_SA_INIT && !header.response()) {
      saInit(in, now, out);
      return;
    }
    long localSpi = header.fromOriginalInitiator() ? header.spiResponder() : header.spiInitiator();
    IkeSa sa = sas.bySpi(localSpi);
    if (sa != null) {
      if (gate.hears(sa, in, now, out)) {
        fleet.run(sa, in, now, out);
      }
      return;
    }
    out.add(new Action.Drop(DropReason.IKE_UNKNOWN_SPI));
    if (!header.response() && in.datagram().encrypted().isPresent()) {
      List<NotifyPayload> proof = proof(in);
      byte[] answer = UnprotectedAnswer.invalidIkeSpi(in.datagram(), proof);
      // A proof is longer than a short request; only an address that is a peer's gets one.
      int limit = proof.isEmpty() ? in.datagram().bytes().length : answer.length;
      answerInClear(answer, limit, in.from(), in.to(), now, out);
      recover(in.from(), now, out);
    }
  }

  /**
   * RFC 6290 §4.5: what tells a declared peer that we restarted. Whoever asks for an SA that stands
   * must not get its token, whichever of the two ends it pretends to be (§9.1).
   */
  private List<NotifyPayload> proof(Input.Received in) {
    IkeHeader header = in.datagram().header();
    boolean stands = standsOrMay(header.spiInitiator()) || standsOrMay(header.spiResponder());
    return stands || pairs.at(in.from().address()) == null
        ? List.of()
        : CrashDetection.proof(ctx, header.spiInitiator(), header.spiResponder());
  }

  /** RFC 6290 §9.1: the token of an SA that our rekey may still make is a secret too. */
  private boolean standsOrMay(long spi) {
    return sas.bySpi(spi) != null || ctx.offeredIkeSpis().contains(spi);
  }

  /** Sends an answer that nothing proves, seldom and never longer than what it answers. */
  private void answerInClear(
      byte[] answer, int limit, Endpoint to, Endpoint from, Instant now, List<Action> out) {
    if (answer.length > limit) {
      out.add(new Action.Drop(DropReason.IKE_NO_ANSWER_DUE));
    } else if (!gate.mayAnswer(to, now)) {
      out.add(new Action.Drop(DropReason.RATE_LIMITED));
    } else {
      out.add(new Action.Send(answer, to, from.port() == Ports.IKE_NAT_TRAVERSAL));
      fleet.logClear(List.of(out.getLast()));
    }
  }

  private void saInit(Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    if (header.messageId() != 0 || header.spiResponder() != 0 || !header.fromOriginalInitiator()) {
      out.add(new Action.Drop(DropReason.IKE_HEADER));
      return;
    }
    int before = out.size();
    if (!gate.mayAnswer(in, now, out)) {
      fleet.logClear(out.subList(before, out.size()));
      return;
    }
    Optional<IkeSa> known = gate.known(in);
    if (known.isPresent()) {
      fleet.run(known.get(), in, now, out);
    } else {
      if (gate.admits(in, sas.size(), now, out)) {
        IkeSa.respond(ctx, in, gate.rationFor(in, now), now, out)
            .ifPresent(sa -> {
              gate.opened(sa, in);
              sas.add(sa);
            });
      }
      fleet.logClear(out.subList(before, out.size()));
    }
  }

  /** The time of {@link #deadline()} has come. */
  public List<Action> timer(Instant now) {
    List<Action> out = new ArrayList<>();
    // One by one: were one to fail, the others would still be due. And each once.
    int most = sas.size();
    for (IkeSa sa = sas.takeDue(now); sa != null; sa = --most > 0 ? sas.takeDue(now) : null) {
      fleet.run(sa, new Input.TimerFired(), now, out);
    }
    return out;
  }

  /** When {@link #timer} is due. */
  public Optional<Instant> deadline() {
    return sas.nextDeadline();
  }

  /** A packet to {@code peer} waits and no SA carries it: whoever holds a packet initiates. */
  public List<Action> sealingNeeded(Identity peer, Instant now) {
    List<Action> out = new ArrayList<>();
    Pair pair = pairs.get(peer);
    if (pair != null) {
      Optional<IkeSa> connecting = pair.connecting();
      List<IkeSa> established = pair.in(SaPhase.ESTABLISHED);
      if (!established.isEmpty()) {
        // It may have lost its child.
        fleet.run(established.getLast(), new Input.PacketWaiting(), now, out);
      } else if (connecting.isPresent()) {
        fleet.run(connecting.get(), new Input.PacketWaiting(), now, out);
      } else if (pair.mayStart(now)) {
        fleet.start(pair, false, "a packet waits", now, out);
      }
    }
    return out;
  }

  /** Authenticates {@code peer} ahead of its first packet, without a child if it can (RFC 6023). */
  public List<Action> connect(Identity peer, Instant now) {
    List<Action> out = new ArrayList<>();
    Pair pair = pairs.get(peer);
    if (pair != null
        && pair.in(SaPhase.ESTABLISHED).isEmpty()
        && pair.connecting().isEmpty()
        && pair.mayStart(now)) {
      fleet.start(pair, false, true, "asked to connect", now, out);
    }
    return out;
  }

  /**
   * An ESP packet with an SPI that no SA has. If it comes from a declared peer, that peer holds an
   * SA that we lost, probably by a restart: we start a new one, or tell the peer if an IKE SA
   * stands (RFC 7296 §1.5).
   */
  public List<Action> unknownSpi(int spi, Endpoint from, Instant now) {
    List<Action> out = new ArrayList<>();
    if (!ctx.spis().isOurs(spi, now)) {
      Pair pair = pairs.at(from.address());
      if (pair == null || pair.in(SaPhase.ESTABLISHED).isEmpty()) {
        recover(from, now, out);
      } else if (pair.mayRecover(now)) {
        IkeSa newest = pair.in(SaPhase.ESTABLISHED).getLast();
        fleet.run(newest, new Input.UnknownSpi(spi), now, out);
      }
    }
    return out;
  }

  private void recover(Endpoint from, Instant now, List<Action> out) {
    Pair pair = pairs.at(from.address());
    if (pair != null
        && pair.in(SaPhase.ESTABLISHED).isEmpty()
        && pair.connecting().isEmpty()
        && pair.mayRecover(now)) {
      fleet.start(pair, false, "the peer uses an SA that we do not know", now, out);
    }
  }

  /** The first authenticated packet arrived on a child. */
  public List<Action> firstInbound(int inboundSpi, Instant now) {
    return onChild(inboundSpi, new Input.FirstInbound(inboundSpi), now);
  }

  /** An authenticated packet came from another UDP address than the child's. */
  public List<Action> remoteMoved(int inboundSpi, Endpoint from, Instant now) {
    return onChild(inboundSpi, new Input.RemoteMoved(inboundSpi, from), now);
  }

  /** When a child last carried packets, {@link Instant#MIN} for never. */
  public List<Action> traffic(
      int inboundSpi, Instant lastInbound, Instant lastOutbound, Instant now) {
    return onChild(inboundSpi, new Input.Traffic(inboundSpi, lastInbound, lastOutbound), now);
  }

  /** We have used half of a child's sequence numbers of 32 bits. */
  public List<Action> worn(int inboundSpi, Instant now) {
    return onChild(inboundSpi, new Input.Worn(inboundSpi), now);
  }

  /** Rekeys the child that carries the peer's traffic, whatever its age. */
  public List<Action> rekeyChild(Identity peer, Instant now) {
    return onCarrier(peer, new Input.RekeyChild(), now);
  }

  /** Rekeys the IKE SA that carries the peer's traffic in place, whatever its age (§2.18). */
  public List<Action> rekeyIkeSa(Identity peer, Instant now) {
    return onCarrier(peer, new Input.RekeyIke(), now);
  }

  /** Replaces the IKE SA that carries the peer's traffic, make before break (§2.8.3). */
  public List<Action> replaceIkeSa(Identity peer, Instant now) {
    List<Action> out = new ArrayList<>();
    Pair pair = pairs.get(peer);
    if (pair != null && pair.carrier() != null && pair.connecting().isEmpty()) {
      fleet.start(pair, true, "asked to replace the IKE SA", now, out);
    }
    return out;
  }

  private List<Action> onCarrier(Identity peer, Input input, Instant now) {
    List<Action> out = new ArrayList<>();
    Pair pair = pairs.get(peer);
    IkeSa carrier = pair == null ? null : pair.carrier();
    if (carrier != null) {
      fleet.run(carrier, input, now, out);
    }
    return out;
  }

  private List<Action> onChild(int inboundSpi, Input input, Instant now) {
    List<Action> out = new ArrayList<>();
    IkeSa sa = sas.byChild(inboundSpi);
    if (sa != null) {
      fleet.run(sa, input, now, out);
    }
    return out;
  }

  /** Ends the SAs of peers that are no longer declared, at once. */
  public List<Action> removePeers(Collection<Identity> identities, Instant now) {
    List<Action> out = new ArrayList<>();
    for (Identity identity : identities) {
      Pair pair = pairs.remove(identity);
      if (pair != null) {
        fleet.closeAll(pair, CloseReason.PEER_REMOVED, now, out);
        pair.forgetKeys();
      }
    }
    return out;
  }

  /** Adds peers, or replaces what is known of them. */
  public List<Action> putPeers(Collection<Peer> peers, Instant now) {
    List<Action> out = new ArrayList<>();
    for (Peer peer : peers) {
      Pair known = pairs.get(peer.identity());
      if (known == null) {
        pairs.add(new Pair(peer));
      } else {
        replace(known, peer, now, out);
      }
    }
    return out;
  }

  private void replace(Pair pair, Peer next, Instant now, List<Action> out) {
    boolean moved = !pair.peer().addresses().equals(next.addresses());
    Set<Integer> gone = pairs.update(pair, next);
    if (moved) {
      fleet.closeAll(pair, CloseReason.PEER_CHANGED, now, out);
      return;
    }
    for (IkeSa sa : pair.sas()) {
      boolean ours = sa.phase() == SaPhase.CONNECTING && sa.isInitiator();
      if (ours && gone.contains(sa.attemptedEpoch())) {
        fleet.run(sa, new Input.Forget(CloseReason.PEER_CHANGED), now, out);
      } else {
        fleet.followEpoch(pair, sa, now, out);
      }
    }
  }

  /** Tells every peer that we go; the process may end once the actions are run. */
  public List<Action> shutdown(Instant now) {
    List<Action> out = new ArrayList<>();
    for (IkeSa sa : sas.all()) {
      fleet.run(sa, new Input.Close(CloseReason.SHUTDOWN), now, out);
    }
    return out;
  }

  /** Every IKE SA, for status pages. */
  public List<IkeSaView> view() {
    return sas.all().stream().map(IkeSa::view).toList();
  }

  /** SPIs that children receive on, or will if an exchange under way succeeds. */
  Set<Integer> spisInUse() {
    return ctx.spis().inUse();
  }

  /** How many SPIs are in use or were until lately: what they make us keep. */
  int spisTaken(Instant now) {
    return ctx.spis().taken(now);
  }

  /** The established IKE SAs. */
  public List<IkeSa> established() {
    return sas.all().stream().filter(s -> s.phase() == SaPhase.ESTABLISHED).toList();
  }
}
