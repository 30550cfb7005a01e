package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Encapsulation;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What every state of an IKE SA shares: SPIs, addresses, message window, and keys once derived. */
final class SaCore {
  private final IkeContext ctx;
  private final boolean initiator;
  private final Instant begunAt;
  private final long spiInitiator;
  private long spiResponder;
  private Endpoint remote;

  /** Where packets go; not to {@link #remote} before the peer has answered from there. */
  private Endpoint childRemote;

  private boolean encapsulated;
  private boolean behindNat;
  private boolean translated;
  private boolean encapsulatesEsp;
  private Mobility mobility = Mobility.NONE;
  private @Nullable Peer peer;
  private @Nullable Session session;

  /** Protected the last exchange if keys changed after it: its request may come again. */
  private @Nullable SkCipher retired;

  private final MessageWindow window;
  private final CrashDetection crashes = new CrashDetection();
  private final Reassembly requests = new Reassembly();
  private final Reassembly responses = new Reassembly();
  private final List<IkeSa> offspring = new ArrayList<>();

  SaCore(
      IkeContext ctx,
      boolean initiator,
      long spiInitiator,
      long spiResponder,
      Endpoint remote,
      Instant begunAt) {
    this.ctx = ctx;
    this.initiator = initiator;
    this.spiInitiator = spiInitiator;
    this.spiResponder = spiResponder;
    this.remote = remote;
    this.childRemote = remote;
    this.begunAt = begunAt;
    this.window =
        new MessageWindow(new FragmentSizes(ctx.options().fragmentSize(), remote.address()));
  }

  /** The core of an SA that rekeys this one: same peer, same path, message IDs from 0 (§2.18). */
  SaCore successor(boolean weBegan, long newSpiI, long newSpiR, Instant now) {
    SaCore next = new SaCore(ctx, weBegan, newSpiI, newSpiR, remote, now);
    next.takePathOf(this);
    next.mobility = mobility;
    next.peer = peer;
    next.window.sizes().inherit(window.sizes());
    return next;
  }

  /** Goes where {@code other} goes now. */
  private void takePathOf(SaCore other) {
    remote = other.remote;
    childRemote = other.childRemote;
    encapsulated = other.encapsulated;
    behindNat = other.behindNat;
    translated = other.translated;
    encapsulatesEsp = other.encapsulatesEsp;
  }

  /**
   * Takes over from {@code old}. With MOBIKE the SA with the children has followed every move (RFC
   * 4555 §3.5); without, this one's own messages have shown where the peer is.
   */
  void succeeds(SaCore old) {
    if (mobility != Mobility.NONE) {
      takePathOf(old);
    }
  }

  /** An SA that came of this one; the endpoint takes it over. */
  void bear(IkeSa child) {
    offspring.add(child);
  }

  List<IkeSa> takeOffspring() {
    List<IkeSa> all = List.copyOf(offspring);
    offspring.clear();
    return all;
  }

  /** A fresh nonce. */
  Bytes nonce() {
    return Bytes.copyOf(ctx.random().bytes(Limits.NONCE_LENGTH));
  }

  IkeContext ctx() {
    return ctx;
  }

  boolean isInitiator() {
    return initiator;
  }

  /** When the first IKE_SA_INIT was sent or arrived. */
  Instant begunAt() {
    return begunAt;
  }

  long spiInitiator() {
    return spiInitiator;
  }

  long spiResponder() {
    return spiResponder;
  }

  void spiResponder(long spi) {
    spiResponder = spi;
  }

  Endpoint remote() {
    return remote;
  }

  /** The peer's address for child SAs: the last one that surely is the peer's. */
  Endpoint childRemote() {
    return childRemote;
  }

  boolean behindNat() {
    return behindNat;
  }

  /** Whether ESP travels in UDP to {@link #childRemote}. */
  boolean encapsulatesEsp() {
    return encapsulatesEsp || ctx.options().encapsulation() == Encapsulation.FORCED;
  }

  /** §2.23: {@code message} has been received as {@code in} and says where it was sent. */
  void detectNat(IkeMessage message, Input.Received in) {
    behindNat = NatDetection.weAreBehindNat(ctx.crypto(), message, in.to());
    translated = behindNat || NatDetection.isTranslated(ctx.crypto(), message, in.from());
    if (childRemote.equals(remote)) {
      checked();
    }
  }

  Mobility mobility() {
    return mobility;
  }

  void mobility(Mobility value) {
    mobility = value;
  }

  MessageWindow window() {
    return window;
  }

  /** What the peer would show us after a crash. */
  CrashDetection crashes() {
    return crashes;
  }

  /** What we would show the peer after a crash. */
  List<NotifyPayload> crashProof() {
    return CrashDetection.proof(ctx, spiInitiator, spiResponder);
  }

  /** The peer; known from the start to an initiator, after IKE_AUTH to a responder. */
  Peer peer() {
    Peer p = peer;
    if (p == null) {
      throw new IllegalStateException("the peer has not said who it is");
    }
    return p;
  }

  @Nullable Peer peerOrNull() {
    return peer;
  }

  void peer(Peer value) {
    peer = value;
  }

  Session session() {
    Session s = session;
    if (s == null) {
      throw new IllegalStateException("no keys before IKE_SA_INIT is answered");
    }
    return s;
  }

  @Nullable Session sessionOrNull() {
    return session;
  }

  void session(Session value) {
    Session before = session;
    if (before != null && before.cipher() != value.cipher()) {
      destroyRetired();
      if (initiator) {
        // RFC 9370 §2.2.2: only we have sent requests so far, and an answer is opened once.
        before.cipher().destroy();
      } else {
        retired = before.cipher();
      }
    }
    session = value;
  }

  private void destroyRetired() {
    if (retired != null) {
      retired.destroy();
      retired = null;
    }
  }

  /** The SA is dead: zeroes its keys. */
  void destroyKeys() {
    destroyRetired();
    crashes.destroy();
    Session s = session;
    if (s != null) {
      s.destroy();
    }
  }

  /** Whether a repetition of the last request, cut in another way, is the peer's. */
  boolean isAuthentic(Datagram repeated) {
    SkCipher before = retired;
    Optional<byte[]> content = session().cipher().open(repeated);
    if (content.isEmpty() && before != null) {
      content = before.open(repeated);
    }
    content.ifPresent(c -> Arrays.fill(c, (byte) 0));
    return content.isPresent();
  }

  /** RFC 7296 §2.23: from IKE_AUTH on both ends use UDP 4500. */
  void floatPorts() {
    moveTo(new Endpoint(remote.address(), Ports.IKE_NAT_TRAVERSAL), true);
  }

  void moveTo(Endpoint to, boolean onEncapsulationPort) {
    remote = to;
    encapsulated = onEncapsulationPort;
    checked();
  }

  /** RFC 4555 §3.5: the IKE SA moves at once, child SAs once the address is {@link #checked}. */
  void moveUncheckedTo(Endpoint to) {
    remote = to;
    encapsulated = true;
  }

  /** The peer has answered at its new address. */
  void checked() {
    childRemote = remote;
    encapsulatesEsp = translated;
  }

  /**
   * Whether the peer's packets come through a NAT: from another address than its pod has, or from
   * another port than it was told to use.
   */
  boolean peerBehindNat() {
    Peer p = peer;
    return p != null
        && (!p.addresses().contains(remote.address()) || remote.port() != Ports.IKE_NAT_TRAVERSAL);
  }

  void request(
      ExchangeType exchange,
      List<? extends Payload> payloads,
      Endpoint to,
      Duration timeout,
      Instant now,
      List<Action> out) {
    IkeHeader header = header(exchange, false, window.nextRequestId());
    responses.clear();
    List<Action.Send> sends =
        window.sent(
            exchange,
            protect(header, payloads),
            to,
            encapsulated,
            new RetransmissionSchedule(ctx.random(), timeout, now));
    ctx.options().messages().sent(ctx.self(), header, payloads, sends);
    out.addAll(sends);
  }

  /** Answers to where the request came from (RFC 7296 §2.11). */
  void respond(
      IkeHeader request, List<? extends Payload> payloads, Input.Received in, List<Action> out) {
    IkeHeader header = header(request.exchange(), true, request.messageId());
    List<Action.Send> sends =
        window.responded(protect(header, payloads), in.from(), isEncapsulated(in));
    ctx.options().messages().sent(ctx.self(), header, payloads, sends);
    out.addAll(sends);
  }

  private Outgoing protect(IkeHeader header, List<? extends Payload> payloads) {
    return Outgoing.protect(session().cipher(), header, payloads, window.sizes());
  }

  /** Opens a protected datagram with the message ID that is due, or keeps it as a fragment. */
  Incoming open(Datagram datagram, Instant now) {
    if (datagram.fragment().isPresent() && !window.sizes().negotiated()) {
      return new Incoming.Refused(DropReason.IKE_FRAGMENT_NOT_NEGOTIATED);
    }
    Reassembly reassembly = datagram.header().response() ? responses : requests;
    Incoming incoming = reassembly.open(datagram, session().cipher(), now);
    if (incoming instanceof Incoming.Complete && !datagram.header().response()) {
      destroyRetired();
    }
    if (incoming instanceof Incoming.Complete c && c.fragments() > 1) {
      // RFC 7383 §2.5.1: what the peer splits at is a hint at what the path carries.
      window.sizes().shrink(c.largest());
    }
    return incoming;
  }

  /** Drops incomplete messages whose time is over. */
  void expireFragments(Instant now, List<Action> out) {
    boolean request = requests.expire(now);
    boolean response = responses.expire(now);
    if (request || response) {
      drop(DropReason.IKE_FRAGMENT_EXPIRED, out);
    }
  }

  Optional<Instant> fragmentDeadline() {
    return IkeTimers.earlier(requests.deadline(), responses.deadline());
  }

  void forgetFragments() {
    requests.clear();
    responses.clear();
  }

  static boolean isEncapsulated(Input.Received in) {
    return in.to().port() == Ports.IKE_NAT_TRAVERSAL;
  }

  static Action.Send answer(byte[] message, Input.Received in) {
    return new Action.Send(message, in.from(), isEncapsulated(in));
  }

  IkeHeader header(ExchangeType exchange, boolean response, int messageId) {
    return new IkeHeader(spiInitiator, spiResponder, exchange, initiator, response, messageId);
  }

  InetAddress localAddress() {
    return ctx.self().address();
  }

  String peerLabel() {
    Peer p = peer;
    return p == null ? "" : p.label();
  }

  String spis() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(spiInitiator) + ":" + hex.toHexDigits(spiResponder);
  }

  static void drop(DropReason reason, List<Action> out) {
    out.add(new Action.Drop(reason));
  }

  void refused(boolean byPeer, String notify, String why, List<Action> out) {
    out.add(
        new Action.Emit(
            new ProtocolEvent.Refused(peerLabel(), remote.toString(), byPeer, notify, why)));
  }
}
