package io.podseal.protocol.ike;

import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.net.InetAddress;

/** What the driver is to do, in order. */
public sealed interface Action {

  /**
   * Send an IKE message.
   *
   * @param encapsulated from UDP 4500 with the non-ESP marker in front; else from UDP 500
   */
  record Send(byte[] message, Endpoint to, boolean encapsulated) implements Action {}

  /** Send a NAT keepalive from UDP 4500. */
  record Keepalive(Endpoint to) implements Action {}

  /**
   * Start receiving on a child SA; do not send on it yet.
   *
   * @param selectors the only traffic it may carry, seen from our end
   * @param encapsulated whether packets travel in UDP (RFC 3948)
   * @param local inner address of this pod
   * @param remoteInner inner address of the peer
   * @param translated whether transport checksums in what arrives may be over other addresses than
   *     these two (RFC 3948 §3.1.2)
   */
  record InstallChild(
      Identity peer,
      ChildSaKeys keys,
      ChildMode mode,
      TrafficSelectors selectors,
      Endpoint remote,
      boolean encapsulated,
      InetAddress local,
      InetAddress remoteInner,
      boolean translated)
      implements Action {}

  /** Send the peer's traffic on this child from now on. */
  record SelectOutbound(int inboundSpi) implements Action {}

  /** Send nothing more on this child; it still receives. Packets wait for another. */
  record StopSending(int inboundSpi) implements Action {}

  /** The peer of this child now lives at another UDP address; or a NAT has come or gone. */
  record MoveRemote(int inboundSpi, Endpoint to, boolean encapsulated) implements Action {}

  /** Stop sending and receiving on this child. */
  record RemoveChild(int inboundSpi) implements Action {}

  /** Count a dropped datagram. */
  record Drop(DropReason reason) implements Action {}

  record Emit(ProtocolEvent event) implements Action {}
}
