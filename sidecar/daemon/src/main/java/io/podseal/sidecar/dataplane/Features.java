package io.podseal.sidecar.dataplane;

/**
 * What a data plane can do.
 *
 * @param esn 64-bit sequence numbers (RFC 4303 §2.2.1)
 * @param tunnel ESP tunnel mode besides transport mode
 * @param ah the Authentication Header (RFC 4302)
 * @param replayWindow usable width of the anti-replay window, in packets
 */
public record Features(boolean esn, boolean tunnel, boolean ah, int replayWindow) {}
