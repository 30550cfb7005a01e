package io.podseal.protocol.ike;

/** How far an IKE SA has come, as its owner sees it. */
public enum SaPhase {
  /** Not authenticated yet. */
  CONNECTING,
  ESTABLISHED,
  /** Still answering, but no longer to be used. */
  CLOSING,
  /** Nothing left to do; forget it. */
  DEAD
}
