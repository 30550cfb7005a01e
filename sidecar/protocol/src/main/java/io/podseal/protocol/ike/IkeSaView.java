package io.podseal.protocol.ike;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A snapshot of an IKE SA for status pages; holds no keys.
 *
 * @param spis initiator's and responder's, in hexadecimal
 * @param epoch of the key that authenticated it, 0 before
 */
public record IkeSaView(
    String peer,
    String spis,
    String remote,
    boolean initiator,
    SaPhase phase,
    int epoch,
    Optional<Instant> establishedAt,
    boolean behindNat,
    List<Child> children) {

  /**
   * @param carriesTraffic whether packets to the peer go on it
   */
  public record Child(
      int inboundSpi, int outboundSpi, String stage, boolean carriesTraffic, Instant createdAt) {}
}
