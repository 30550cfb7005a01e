package io.podseal.protocol.policy;

import java.time.Duration;

/**
 * How long SAs of a peer live; local to each end and never negotiated (RFC 7296 §2.8).
 *
 * @param child soft lifetime of a child SA
 * @param ike soft lifetime of an IKE SA, after which it is rekeyed
 * @param liveness silence from the peer, while we send, after which it is asked for a sign of life
 */
public record Lifetimes(Duration child, Duration ike, Duration liveness) {
  /** strongSwan's defaults for child and IKE SA; 10 s of one-way traffic before a probe. */
  public static final Lifetimes DEFAULT =
      new Lifetimes(Duration.ofHours(1), Duration.ofHours(4), Duration.ofSeconds(10));

  /** The hard lifetime is a tenth longer than the soft one. */
  public static Duration hard(Duration soft) {
    return soft.plus(soft.dividedBy(10));
  }
}
