package io.podseal.protocol.policy;

/** What a child SA carries (RFC 4303 §3.1). */
public enum ChildMode {
  /** The payload of packets between the two ends themselves. */
  TRANSPORT,
  /** Whole IPv4 packets. */
  TUNNEL
}
