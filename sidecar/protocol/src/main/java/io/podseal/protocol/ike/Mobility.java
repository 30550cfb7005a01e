package io.podseal.protocol.ike;

/**
 * Whose address may change with MOBIKE: only that of the end that began the first IKE SA (RFC 4555
 * §3.5).
 */
enum Mobility {
  /** MOBIKE was not negotiated. */
  NONE,
  OURS,
  PEERS
}
