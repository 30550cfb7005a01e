package io.podseal.protocol.ike;

import io.podseal.protocol.keymat.ChildKeymat;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.ChildSuite;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** One child SA as its IKE SA sees it; the keys are the data plane's. */
final class ChildSa {
  /** Where it stands in its life. */
  enum Stage {
    /** In use, or ready for it. */
    ACTIVE,
    /** We are asking the peer to replace it. */
    REKEYING,
    /** Another has taken its place; its Delete is due. */
    REPLACED,
    /** Our Delete is on its way. */
    DELETING,
    /** Deleted by agreement; receives until {@link #deadline}. */
    LINGERING
  }

  /**
   * @param weBegan whether the exchange that made it was ours
   * @param traffic mode and selectors
   */
  record Parameters(
      int inboundSpi,
      int outboundSpi,
      ChildSuite suite,
      boolean weBegan,
      Bytes nonceI,
      Bytes nonceR,
      ChildTraffic traffic) {

    /** Decides between crossing exchanges (RFC 7296 §2.8.1). */
    Bytes lowestNonce() {
      return nonceI.compareTo(nonceR) < 0 ? nonceI : nonceR;
    }
  }

  private final Parameters parameters;
  private final Instant createdAt;
  private Stage stage = Stage.ACTIVE;
  private Instant rekeyAt;
  private Instant expiresAt;
  private Instant lastInbound = Instant.MIN;
  private Instant lastOutbound = Instant.MIN;

  private ChildSa(Parameters parameters, Instant createdAt, Instant rekeyAt, Instant expiresAt) {
    this.parameters = parameters;
    this.createdAt = createdAt;
    this.rekeyAt = rekeyAt;
    this.expiresAt = expiresAt;
  }

  static boolean isUsable(int spi) {
    return Integer.compareUnsigned(spi, 0x100) >= 0;
  }

  /** Derives the keys and tells the data plane to receive; nothing is sent on it yet. */
  static ChildSa install(
      SaCore core, Parameters p, List<SecretBytes> secrets, Instant now, List<Action> out) {
    Session session = core.session();
    ChildKeymat keymat =
        ChildKeymat.derive(
            session.prf(),
            session.keys().skD(),
            secrets,
            p.nonceI(),
            p.nonceR(),
            p.suite().keymatLength());
    // RFC 7296 §2.17: "initiator" is whoever began this exchange, not the IKE SA.
    ChildSaKeys keys =
        new ChildSaKeys(
            p.inboundSpi(),
            p.outboundSpi(),
            p.suite(),
            p.weBegan() ? keymat.responderToInitiator() : keymat.initiatorToResponder(),
            p.weBegan() ? keymat.initiatorToResponder() : keymat.responderToInitiator());
    ChildTraffic traffic = p.traffic();
    core.ctx().keyLog().child(keys, core.localAddress(), traffic.remoteInner());
    out.add(
        new Action.InstallChild(
            core.peer().identity(),
            keys,
            traffic.mode(),
            traffic.selectors(),
            core.childRemote(),
            core.encapsulatesEsp(),
            core.localAddress(),
            traffic.remoteInner(),
            traffic.translated()));
    out.add(
        new Action.Emit(
            new ProtocolEvent.ChildSaInstalled(
                core.peerLabel(),
                hex(p.inboundSpi()),
                hex(p.outboundSpi()),
                p.suite() + (traffic.mode() == ChildMode.TUNNEL ? " tunnel" : ""),
                p.suite().keyExchange().isPresent())));
    Duration soft = core.peer().lifetimes().child();
    Duration hard = Lifetimes.hard(soft);
    Duration jittered = Jitter.shortened(core.ctx().random(), soft);
    // Decision 9 of the design: the lower identity rekeys, the other only if that does not happen.
    Duration ours =
        core.ctx().self().identity().compareTo(core.peer().identity()) < 0
            ? jittered
            : soft.plus(hard.minus(soft).dividedBy(2));
    return new ChildSa(p, now, now.plus(ours), now.plus(hard));
  }

  SecurityProtocol protocol() {
    return parameters.suite().protocol();
  }

  int inboundSpi() {
    return parameters.inboundSpi();
  }

  int outboundSpi() {
    return parameters.outboundSpi();
  }

  Parameters parameters() {
    return parameters;
  }

  Instant createdAt() {
    return createdAt;
  }

  /** The lower nonce of the exchange that made it (RFC 7296 §2.8.1). */
  Bytes lowestNonce() {
    return parameters.lowestNonce();
  }

  Stage stage() {
    return stage;
  }

  void stage(Stage value) {
    stage = value;
  }

  /** Whether traffic that is on it may stay. */
  boolean isSendable() {
    return isUsable() || stage == Stage.REPLACED;
  }

  /** Whether traffic may be put on it. */
  boolean isUsable() {
    return stage == Stage.ACTIVE || stage == Stage.REKEYING;
  }

  boolean isRekeyDue(Instant now) {
    return stage == Stage.ACTIVE && !rekeyAt.isAfter(now);
  }

  void rekeyAt(Instant when) {
    rekeyAt = when;
  }

  /** RFC 4303 §3.3.3: a new SA takes its place before its sequence numbers cycle. */
  void wornOut(Instant now) {
    if (rekeyAt.isAfter(now)) {
      rekeyAt = now;
    }
  }

  boolean isExpired(Instant now) {
    return !expiresAt.isAfter(now);
  }

  /** Another has taken its place; who began it deletes it, or we do then. */
  void replaced(Instant until) {
    stage = Stage.REPLACED;
    expiresAt = until;
  }

  /** Receives until {@code until}, then goes without a word. */
  void linger(Instant until) {
    stage = Stage.LINGERING;
    expiresAt = until;
  }

  /** When its timer next matters; never while the peer's answer to our Delete is awaited. */
  Instant deadline() {
    if (stage == Stage.DELETING) {
      return Instant.MAX;
    }
    return stage == Stage.ACTIVE && rekeyAt.isBefore(expiresAt) ? rekeyAt : expiresAt;
  }

  void traffic(Instant inbound, Instant outbound) {
    lastInbound = inbound;
    lastOutbound = outbound;
  }

  Instant lastInbound() {
    return lastInbound;
  }

  Instant lastOutbound() {
    return lastOutbound;
  }

  static String hex(int spi) {
    return HexFormat.of().toHexDigits(spi);
  }
}
