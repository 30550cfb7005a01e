package io.podseal.protocol.ike;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Protocol times, each with its reason. Lifetimes are the peer's, see {@code policy.Lifetimes}. */
public final class IkeTimers {
  /** First retransmission; pods are a round trip of milliseconds apart. */
  public static final Duration RETRANSMIT_FIRST = Duration.ofMillis(500);

  /** Growth per retransmission, in tenths: 1.8, strongSwan's factor. */
  public static final int RETRANSMIT_GROWTH_TENTHS = 18;

  /** Longest pause between two retransmissions. */
  public static final Duration RETRANSMIT_CAP = Duration.ofSeconds(15);

  /** Each pause varies by up to this share, so that restarted nodes do not answer in step. */
  public static final int RETRANSMIT_JITTER_PERCENT = 25;

  /** A handshake that is not answered for so long is given up. */
  public static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(60);

  /** An established peer that does not answer for so long is dead (strongSwan's total). */
  public static final Duration ESTABLISHED_TIMEOUT = Duration.ofSeconds(165);

  /**
   * An IKE SA that ended, with none in its place, still repeats its last answer for so long (§2.1):
   * until our peers give up, or strongSwan has asked a third time.
   */
  public static final Duration LAST_ANSWER_LINGER = Duration.ofSeconds(15);

  /** A Delete that is not answered for so long needs no answer: nothing depends on it. */
  public static final Duration DELETE_TIMEOUT = Duration.ofSeconds(10);

  /** A packet that waits makes us repeat an unanswered IKE_SA_INIT this soon, not at the cap. */
  public static final Duration EAGER_RETRANSMIT = Duration.ofSeconds(2);

  /** A responder keeps an unauthenticated SA this long (strongSwan's half-open timeout). */
  public static final Duration HALF_OPEN = Duration.ofSeconds(30);

  /**
   * Fragments of an incomplete message are kept this long (RFC 7383 §2.6): a sender repeats all of
   * them at least once in this time, and it is no longer than a half-open SA lives.
   */
  public static final Duration REASSEMBLY = Duration.ofSeconds(30);

  /** A replaced child still receives for so long: packets in flight (strongSwan's delay). */
  public static final Duration REKEYED_CHILD_LINGER = Duration.ofSeconds(5);

  /**
   * A responder sends on a new SA after the first packet on it, or after this: by then the answer
   * that lets the initiator receive has arrived (RFC 7296 §2.8).
   */
  public static final Duration RESPONDER_SENDS_AFTER = Duration.ofMillis(200);

  /** NAT keepalive while we are behind a NAT (RFC 3948 §4). */
  public static final Duration KEEPALIVE = Duration.ofSeconds(20);

  /** So long a peer may answer that it can make no child now, before the IKE SA begins anew. */
  public static final Duration TEMPORARY_FAILURE_PATIENCE = Duration.ofMinutes(1);

  /** No immediate retry after TEMPORARY_FAILURE (RFC 7296 §2.25), nor after a refused child. */
  public static final Duration TEMPORARY_FAILURE_BACKOFF = Duration.ofSeconds(8);

  /**
   * That pause is longer by up to this: two ends that refused each other must not come again at
   * once, or they refuse each other for ever.
   */
  public static final Duration TEMPORARY_FAILURE_SPREAD = Duration.ofSeconds(4);

  /** A responder waits so long for the next IKE_FOLLOWUP_KE (RFC 9370 §2.2.4 suggests 5-20 s). */
  public static final Duration FOLLOWUP_TIMEOUT = Duration.ofSeconds(20);

  /** At most one start per peer in this time because of an SPI we do not know. */
  public static final Duration RECOVERY_INTERVAL = Duration.ofSeconds(2);

  /**
   * For how long a newer epoch of the key is not tried again that the peer, or whoever could write
   * its answer, has refused: the controller's word to either end is to come before.
   */
  public static final Duration EPOCH_REFUSAL = Duration.ofMinutes(30);

  /** First pause after a failed handshake; doubles up to {@link #RETRY_CAP}. */
  public static final Duration RETRY_FIRST = Duration.ofMillis(500);

  public static final Duration RETRY_CAP = Duration.ofSeconds(10);

  /** An SPI is not given out again so soon after its SA ended. */
  public static final Duration SPI_QUARANTINE = Duration.ofSeconds(60);

  /** Soft lifetimes end up to this share early, so that SAs made together do not rekey together. */
  public static final int LIFETIME_JITTER_PERCENT = 10;

  private IkeTimers() {}

  /** The earlier of two deadlines, of which either may be none. */
  static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.isEmpty() ? other : one;
    }
    return one.get().isAfter(other.get()) ? other : one;
  }
}
