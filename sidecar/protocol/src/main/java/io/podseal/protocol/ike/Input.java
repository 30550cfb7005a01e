package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.telemetry.CloseReason;
import java.time.Instant;

/** Everything that can happen to an IKE SA. */
public sealed interface Input {

  /**
   * A datagram with one of the SA's SPIs.
   *
   * @param from where it came from
   * @param to our address and port that it reached
   */
  record Received(Datagram datagram, Endpoint from, Endpoint to) implements Input {}

  /** {@link IkeSa#deadline()} has come. */
  record TimerFired() implements Input {}

  /** A packet waits for this SA. */
  record PacketWaiting() implements Input {}

  /** The first authenticated ESP packet arrived on a child. */
  record FirstInbound(int inboundSpi) implements Input {}

  /** An authenticated, fresh ESP packet came from another UDP address. */
  record RemoteMoved(int inboundSpi, Endpoint from) implements Input {}

  /** When a child last carried packets; {@link Instant#MIN} for never. */
  record Traffic(int inboundSpi, Instant lastInbound, Instant lastOutbound) implements Input {}

  /** We have used half of the sequence numbers of a child: it is replaced, whatever its age. */
  record Worn(int inboundSpi) implements Input {}

  /** The peer sends ESP with an SPI that no child of ours has or had lately. */
  record UnknownSpi(int spi) implements Input {}

  /**
   * Another SA serves the peer; should the peer not delete this one, we do. One that we have begun
   * and not yet named ourselves in (IKE_AUTH) ends.
   */
  record Superseded() implements Input {}

  /** Rekey the child that carries traffic now, whatever its age. */
  record RekeyChild() implements Input {}

  /** Rekey the IKE SA in place, whatever its age. */
  record RekeyIke() implements Input {}

  /** Whether, from now on, this SA carries its peer's traffic. */
  record CarryTraffic(boolean carries) implements Input {}

  /** No other SA carries the traffic of one that has ended: its children receive no longer. */
  record StopReceiving() implements Input {}

  /** Tell the peer and end. */
  record Close(CloseReason reason) implements Input {}

  /** End without a word: the peer has told us that it knows nothing of this SA. */
  record Forget(CloseReason reason) implements Input {}
}
