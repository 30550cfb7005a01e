package io.podseal.protocol.telemetry;

import java.util.Locale;

/** Why an IKE SA ended. The lower-case name is the metric label. */
public enum CloseReason {
  DELETED_BY_PEER,
  REPLACED,
  REKEYED,
  CROSSED,
  INITIAL_CONTACT,
  PEER_REMOVED,
  PEER_CHANGED,
  LIFETIME,
  SHUTDOWN,
  NO_ANSWER,
  HALF_OPEN_EXPIRED,
  AUTHENTICATION_FAILED,
  NO_PROPOSAL_CHOSEN,
  TS_UNACCEPTABLE,
  CHILD_REFUSED,
  INVALID_SYNTAX,
  FRAGMENT_LIMIT,
  MESSAGE_IDS_EXHAUSTED,
  NAT_TRAVERSAL_UNSUPPORTED,
  /** Whoever answers uses no PPK, which we require. */
  PPK_UNSUPPORTED,
  UNEXPECTED_ANSWER,
  /** The peer answered the check of its new address without having read it. */
  ADDRESS_CHECK_FAILED,
  /** The peer has proven that it restarted without the SA. */
  PEER_CRASHED;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Whether traffic only moved to another SA, so that packets in flight are still welcome. */
  public boolean keepsReceiving() {
    return this == REPLACED || this == REKEYED || this == CROSSED || this == DELETED_BY_PEER;
  }

  public String label() {
    return label;
  }
}
