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

  static IkeSaView of(
      SaCore core, SaPhase phase, Optional<Established> established, Optional<Children> children) {
    return new IkeSaView(
        core.peerLabel(),
        core.spis(),
        core.remote().toString(),
        core.isInitiator(),
        phase,
        established.map(Established::epoch).orElse(0),
        established.map(Established::authenticatedAt),
        core.behindNat(),
        children.map(all -> all.all().stream().map(c -> view(all, c)).toList()).orElse(List.of()));
  }

  private static Child view(Children children, ChildSa child) {
    return new Child(
        child.inboundSpi(),
        child.outboundSpi(),
        child.stage().name(),
        children.carriesTraffic() && children.isSelected(child),
        child.createdAt());
  }
}
