package io.podseal.sidecar.dataplane;

import java.time.Instant;
import java.util.Optional;

/**
 * Counters of one child SA. Octets are those of the inner payload; times are exact to a few
 * milliseconds.
 *
 * @param outboundSequence last sequence number sent, 0 before the first packet
 */
public record ChildSaStats(
    int inboundSpi,
    String peerIdentity,
    long packetsIn,
    long bytesIn,
    long packetsOut,
    long bytesOut,
    long outboundSequence,
    Optional<Instant> lastInbound,
    Optional<Instant> lastOutbound) {}
