package io.podseal.e2e.capture;

/** What one packet is to somebody who watches the link between two pods. */
public enum WireKind {
  /**
   * An IKE message: on UDP 500, or on UDP 4500 behind the non-ESP marker (RFC 3948 section 2.2).
   */
  IKE,
  /** An ESP packet in UDP 4500 (RFC 3948 section 2.1). */
  ESP,
  /** A NAT keepalive: one byte 0xff on UDP 4500 (RFC 3948 section 2.3). */
  KEEPALIVE,
  /** A later fragment of a UDP 500 or 4500 datagram whose first fragment was seen. */
  SEALED_FRAGMENT,
  /** UDP 500 or 4500 with a payload that is none of the above. */
  UNKNOWN_SEALED,
  /** An ICMP error of a host that could not take one of the above, which it quotes. */
  SEALED_QUOTE,
  /** Any other IP packet: what must never be seen between a declared pair. */
  CLEAR;
}
