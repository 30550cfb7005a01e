package io.podseal.protocol.policy;

import io.podseal.protocol.policy.ChildPolicy.Modes;
import java.util.List;
import java.util.Optional;

/**
 * What a data plane can do; only this is proposed and accepted.
 *
 * @param esn 64-bit sequence numbers (RFC 4303 §2.2.1)
 * @param noEsn 32-bit sequence numbers
 * @param transport ESP in transport mode
 * @param tunnel ESP in tunnel mode
 * @param ah the Authentication Header (RFC 4302)
 * @param replayWindow usable width of the anti-replay window, in packets
 */
public record Features(
    boolean esn, boolean noEsn, boolean transport, boolean tunnel, boolean ah, int replayWindow) {

  /** The peer with only what this data plane can do; empty when that leaves nothing. */
  public Optional<Peer> limit(Peer peer) {
    List<SequenceNumbers> numbers =
        peer.crypto().sequenceNumbers().stream().filter(this::allows).toList();
    Optional<Modes> modes = limit(peer.child().modes());
    boolean protocol = peer.child().protocol() == SecurityProtocol.ESP || ah;
    if (numbers.isEmpty() || modes.isEmpty() || !protocol) {
      return Optional.empty();
    }
    return Optional.of(
        peer.with(peer.crypto().withSequenceNumbers(numbers), peer.child().withModes(modes.get())));
  }

  private boolean allows(SequenceNumbers numbers) {
    return switch (numbers) {
      case SEQUENTIAL_32 -> noEsn;
      case PARTIALLY_TRANSMITTED_64 -> esn;
    };
  }

  private Optional<Modes> limit(Modes modes) {
    return switch (modes) {
      case TRANSPORT -> transport ? Optional.of(modes) : Optional.empty();
      case TUNNEL -> tunnel ? Optional.of(modes) : Optional.empty();
      case TRANSPORT_PREFERRED ->
          transport
              ? Optional.of(tunnel ? modes : Modes.TRANSPORT)
              : tunnel ? Optional.of(Modes.TUNNEL) : Optional.empty();
    };
  }
}
