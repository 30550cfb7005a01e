package io.podseal.controller.model;

/** Types and reasons of conditions, as they appear in a status. */
public final class Reasons {
  /** Condition: the spec is good and in force. */
  public static final String ACCEPTED = "Accepted";

  /** Condition: what the spec names exists and may be used. */
  public static final String RESOLVED_REFS = "ResolvedRefs";

  /** Condition: the object has an effect on traffic. */
  public static final String PROGRAMMED = "Programmed";

  /** Condition: every selected pod is injected, connected and has acknowledged its pairs. */
  public static final String READY = "Ready";

  static final String INVALID = "Invalid";
  static final String PROFILE_NOT_FOUND = "ProfileNotFound";
  static final String PROFILE_INVALID = "ProfileInvalid";
  static final String NOT_PERMITTED = "NotPermitted";
  static final String NOT_YET_SUPPORTED = "NotYetSupported";
  static final String NOT_CHECKED = "NotChecked";
  static final String TOO_MANY_PAIRS = "TooManyPairs";
  static final String CONFLICTED = "Conflicted";
  static final String NO_PODS = "NoPods";
  static final String POD_SECURITY_FORBIDS = "PodSecurityForbids";
  static final String HOST_NETWORK = "HostNetwork";
  static final String SIDECAR_MISSING = "SidecarMissing";
  static final String ADDRESS_CONFLICT = "AddressConflict";
  static final String SIDECAR_NOT_CONNECTED = "SidecarNotConnected";
  static final String SIDECAR_REFUSED = "SidecarRefused";
  static final String AWAITING_ACKNOWLEDGEMENT = "AwaitingAcknowledgement";
  static final String ALL_PAIRS_KEYED = "AllPairsKeyed";

  private Reasons() {}
}
