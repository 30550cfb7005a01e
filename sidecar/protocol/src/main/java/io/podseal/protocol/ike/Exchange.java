package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** One exchange that we begin on an established IKE SA; used once. */
sealed interface Exchange
    permits ChildCreate,
        ChildRekey,
        ChildDelete,
        IkeRekey,
        IkeDelete,
        Liveness,
        InvalidSpiNotice,
        CrashTokenUpdate,
        RoutabilityCheck {
  ExchangeType type();

  /** The request, or empty if there is no longer a reason for it. */
  Optional<List<Payload>> request(Instant now);

  /** Where to send it as well as to where the peer is known to be. */
  default Optional<Endpoint> probes() {
    return Optional.empty();
  }

  /** Whether its answer is to show that the peer has this address, so that it goes nowhere else. */
  default boolean provesAddress() {
    return false;
  }

  /** How long an answer is waited for before the peer counts as dead. */
  default Duration timeout() {
    return IkeTimers.ESTABLISHED_TIMEOUT;
  }

  /** Whether it creates, rekeys or closes a child, so that the IKE SA stays meanwhile (§2.25.2). */
  default boolean concernsChildren() {
    return false;
  }

  /** What is to be done instead on the IKE SA that inherits the children. */
  default Optional<Exchange> movedTo(Established heir) {
    return Optional.empty();
  }

  /** No answer will be looked at: gives back what the request holds. */
  default void abandon(Instant now) {}

  /** The peer's answer. */
  State onResponse(IkeMessage message, Instant now, List<Action> out);
}
