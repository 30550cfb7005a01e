package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.telemetry.DropReason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One phase of an IKE SA; each holds only what that phase may know, and answers with the phase that
 * follows. Messages that reach {@link #onRequest} and {@link #onResponse} have passed the ICV and
 * the message window.
 *
 * <pre>
 * initiator:  SaInitInitiator -> [IntermediateInitiator ->] AuthInitiator -> Established -> Ended -> Dead
 *                                                                 `-> Disavowed -> Dead
 * responder:                     [IntermediateResponder ->] AuthResponder -> Established -> Ended -> Dead
 *                                                                 `-> Refused -> Dead
 * </pre>
 */
sealed interface State
    permits SaInitInitiator,
        IntermediateInitiator,
        AuthInitiator,
        HalfOpen,
        Established,
        Disavowed,
        Refused,
        Over {

  SaPhase phase();

  /**
   * Whether a request of this exchange may be opened now. One that may not is as if it had been
   * lost: its message ID stays free, and the peer's repetition finds a later phase.
   */
  default boolean takes(ExchangeType exchange) {
    return false;
  }

  /** A request of an exchange that {@link #takes} allows. */
  default State onRequest(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    SaCore.drop(DropReason.IKE_UNEXPECTED, out);
    return this;
  }

  default State onResponse(IkeMessage message, Input.Received in, Instant now, List<Action> out) {
    SaCore.drop(DropReason.IKE_UNEXPECTED, out);
    return this;
  }

  /** Anything but a datagram. */
  default State on(Input input, Instant now, List<Action> out) {
    return this;
  }

  /** The peer did not answer a request in time (RFC 7296 §2.4). */
  State onNoAnswer(Instant now, List<Action> out);

  /** Next moment at which {@link Input.TimerFired} means something to this phase. */
  default Optional<Instant> deadline() {
    return Optional.empty();
  }
}
