package io.podseal.controller.identity;

import java.util.Locale;

/** Why a caller was not let in; also a metric label. */
public enum DenyReason {
  /** No {@code authorization: Bearer} header. */
  NO_TOKEN(Kind.UNAUTHENTICATED, "send the pod's projected token as `authorization: Bearer`"),
  /** Too long, or not shaped like a token. */
  MALFORMED_TOKEN(Kind.UNAUTHENTICATED, "the token is not a ServiceAccount token"),
  /** The API server does not know the token for our audience. */
  NOT_AUTHENTICATED(
      Kind.UNAUTHENTICATED,
      "the API server does not accept the token: is it expired, or not of audience podseal?"),
  /** The API server accepted the token, but not for our audience. */
  WRONG_AUDIENCE(Kind.UNAUTHENTICATED, "the token is not of audience podseal"),
  /** A token of a person, a node, or a Secret. */
  NOT_POD_BOUND(Kind.UNAUTHENTICATED, "the token is not bound to a pod: use a projected token"),
  /** The pod of the token does not exist (any more). */
  POD_UNKNOWN(Kind.UNAUTHENTICATED, "the token's pod does not exist"),
  /** The pod Succeeded or Failed. */
  POD_FINISHED(Kind.UNAUTHENTICATED, "the token's pod has finished"),
  /** The pod has no sidecar, so another container presented its token. */
  POD_NOT_INJECTED(Kind.UNAUTHENTICATED, "the pod has no init container podseal; was it injected?"),
  /** A pod with its node's addresses cannot be a peer. */
  POD_ON_HOST_NETWORK(Kind.UNAUTHENTICATED, "a pod with hostNetwork cannot be a peer"),
  /** The token passed its expiry. */
  TOKEN_EXPIRED(Kind.UNAUTHENTICATED, "the token expired: come again with the renewed one"),
  /** The API server cannot be asked. */
  API_UNAVAILABLE(Kind.UNAVAILABLE, "the API server cannot review tokens now; try again"),
  /** Too many callers at a time. */
  THROTTLED(Kind.UNAVAILABLE, "too many callers at a time; try again"),
  /** The limit of streams is reached. */
  TOO_MANY_STREAMS(Kind.EXHAUSTED, "this controller serves no more sidecars; add a replica"),
  /** The first message was late or not a Hello. */
  NO_HELLO(Kind.PROTOCOL, "the first message must be Hello, within the deadline"),
  /** Later messages broke the protocol. */
  PROTOCOL_ERROR(Kind.PROTOCOL, "the sidecar broke the control protocol; are versions compatible?"),
  /** An update stayed without acknowledgement. */
  NO_ACKNOWLEDGEMENT(Kind.PROTOCOL, "an update was not acknowledged in time");

  /** What a caller may do about it. */
  public enum Kind {
    /** Another token is needed. */
    UNAUTHENTICATED,
    /** Later may do. */
    UNAVAILABLE,
    /** Capacity is missing. */
    EXHAUSTED,
    /** The caller is wrong. */
    PROTOCOL
  }

  private final Kind kind;
  private final String advice;

  DenyReason(Kind kind, String advice) {
    this.kind = kind;
    this.advice = advice;
  }

  /** What a caller may do about it. */
  public Kind kind() {
    return kind;
  }

  /** What to look at next; says nothing about the token's content. */
  public String advice() {
    return advice;
  }

  /** The value of the metric label. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
