package io.podseal.protocol.ike;

/** Our own bounds on what a peer can make us keep or do, each with its reason. */
public final class Limits {
  /** Unauthenticated SAs in all: each costs about 3 KB and one key exchange. */
  public static final int HALF_OPEN = 512;

  /** Unauthenticated SAs per source address; NAT may put a node's pods behind one address. */
  public static final int HALF_OPEN_PER_SOURCE = 64;

  /** From here on a new source must return a cookie first (RFC 7296 §2.6). */
  public static final int HALF_OPEN_BEFORE_COOKIES = 64;

  /**
   * Our IKE_SA_INIT answer: header 28, SA 40, KE 40, nonce 36, two NAT detection hashes 56,
   * CHILDLESS_IKEV2_SUPPORTED 8. A smaller request must return a cookie first, so that we never
   * amplify.
   */
  public static final int INIT_ANSWER_LENGTH = 208;

  /** Established IKE SAs of one peer: current, replacement, crossing, and one to spare. */
  public static final int ESTABLISHED_PER_PEER = 4;

  /** Children of one IKE SA: in use, its successor, a crossing one, and what lingers. */
  public static final int CHILDREN_PER_SA = 8;

  /** Cookies an initiator returns before it stops believing them. */
  public static final int COOKIE_RETRIES = 3;

  /** Our nonces: half the key size of the largest PRF we offer, and more (RFC 7296 §2.10). */
  public static final int NONCE_LENGTH = 32;

  /** Handshakes that fail in a row before the pause between them stops growing. */
  public static final int BACKOFF_STEPS = 5;

  private Limits() {}
}
