package io.podseal.sidecar.firewall;

import java.util.Locale;

/** What the table drops, each with a counter of this name. */
public enum Counter {
  /** Clear packets from a peer. */
  CLEAR_IN,
  /** Clear packets to a peer. */
  CLEAR_OUT,
  /** Packets of a peer that this pod should forward. */
  FORWARDED,
  /** Clear packets to a strict port. */
  STRICT_PORT,
  /** IPv6 from a peer, not sealed yet. */
  IPV6_IN,
  /** IPv6 to a peer, not sealed yet. */
  IPV6_OUT,
  /** Decrypted packets that the ingress rules of their peer do not admit. */
  INGRESS_REFUSED,
  /** Decrypted packets whose source is no peer. */
  TUN_SOURCE,
  /** Clear packets of a connection that was sealed before its peer ceased to be one. */
  SEALED_FLOW,
  /** Packets to a Service without a ready backend, or of a flow whose backend is none any more. */
  SERVICE;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Name in nftables, and metric label. */
  public String label() {
    return label;
  }
}
