package io.podseal.protocol.policy;

/** Whether a child SA has a key exchange of its own: perfect forward secrecy (RFC 7296 §2.12). */
public enum Pfs {
  /** In IKE_AUTH, where a KE transform means nothing (§1.2): none offered, and ignored if sent. */
  NONE,
  /** Offered and used if the peer takes it. */
  OPTIONAL,
  REQUIRED
}
