package io.podseal.protocol.telemetry;

import java.time.Duration;

/** What happened, for logs and metrics; never carries keys. SPIs are in hexadecimal. */
public sealed interface ProtocolEvent {

  /** We began an IKE SA towards a peer. */
  record IkeSaStarted(String peer, String remote, String why) implements ProtocolEvent {}

  record IkeSaEstablished(
      String peer,
      String remote,
      boolean initiator,
      int epoch,
      String suite,
      String spis,
      boolean behindNat,
      Duration took)
      implements ProtocolEvent {}

  /**
   * An IKE SA took over the children of another.
   *
   * @param initiator whether we began the rekey
   */
  record IkeSaRekeyed(
      String peer, String remote, boolean initiator, String suite, String oldSpis, String spis)
      implements ProtocolEvent {}

  /**
   * @param peer empty when the peer never said who it is
   */
  record IkeSaClosed(
      String peer, String remote, String spis, CloseReason reason, boolean wasEstablished)
      implements ProtocolEvent {}

  record ChildSaInstalled(
      String peer, String inboundSpi, String outboundSpi, String suite, boolean rekey)
      implements ProtocolEvent {}

  record ChildSaRemoved(String peer, String inboundSpi, String why) implements ProtocolEvent {}

  /** We refused a request, or the peer refused ours. */
  record Refused(String peer, String remote, boolean byPeer, String notifyName, String why)
      implements ProtocolEvent {
    /** Begins the name of a notify type that is not registered; its number follows. */
    public static final String UNREGISTERED = "NOTIFY_";

    /** The name for a metric: a peer may send any number, and those without a name share one. */
    public String notifyLabel() {
      return notifyName.startsWith(UNREGISTERED) ? "other" : notifyName;
    }
  }
}
