package io.podseal.sidecar.obs;

import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;

/** Protocol events as lines that a person reads. */
final class EventText {
  private static final String NEVER_ANSWERED =
      ". Is the peer's sidecar running, and does every NetworkPolicy let UDP 500 and 4500 through?"
          + " podsealctl check looks";

  private EventText() {}

  static String of(ProtocolEvent event) {
    return switch (event) {
      case ProtocolEvent.IkeSaStarted e ->
          "IKE SA to %s at %s: starting, because %s".formatted(e.peer(), e.remote(), e.why());
      case ProtocolEvent.IkeSaEstablished e ->
          "IKE SA with %s at %s established as %s in %d ms: %s, epoch %d, SPIs %s%s"
              .formatted(
                  e.peer(),
                  e.remote(),
                  e.initiator() ? "initiator" : "responder",
                  e.took().toMillis(),
                  e.suite(),
                  e.epoch(),
                  e.spis(),
                  e.behindNat() ? ", this pod is behind a NAT" : "");
      case ProtocolEvent.IkeSaRekeyed e ->
          "IKE SA with %s at %s rekeyed by %s: %s, SPIs %s take over from %s"
              .formatted(
                  e.peer(),
                  e.remote(),
                  e.initiator() ? "us" : "the peer",
                  e.suite(),
                  e.spis(),
                  e.oldSpis());
      case ProtocolEvent.IkeSaClosed e ->
          "IKE SA with %s at %s ended (%s), SPIs %s%s"
              .formatted(
                  e.peer().isEmpty() ? "an unknown peer" : e.peer(),
                  e.remote(),
                  e.reason().label(),
                  e.spis(),
                  neverAnswered(e) ? NEVER_ANSWERED : "");
      case ProtocolEvent.ChildSaInstalled e ->
          "child SA with %s %s: in %s, out %s, %s"
              .formatted(
                  e.peer(),
                  e.rekey() ? "rekeyed" : "installed",
                  e.inboundSpi(),
                  e.outboundSpi(),
                  e.suite());
      case ProtocolEvent.ChildSaRemoved e ->
          "child SA with %s removed: in %s, %s".formatted(e.peer(), e.inboundSpi(), e.why());
      case ProtocolEvent.Refused e ->
          "%s at %s: %s%s %s"
              .formatted(
                  e.peer().isEmpty() ? "an unknown peer" : e.peer(),
                  e.remote(),
                  e.byPeer() ? "it refused us: " : "refused: ",
                  e.why(),
                  e.notifyName().isEmpty() ? "" : "(" + e.notifyName() + ")");
    };
  }

  private static boolean neverAnswered(ProtocolEvent.IkeSaClosed event) {
    return !event.wasEstablished() && event.reason() == CloseReason.NO_ANSWER;
  }
}
