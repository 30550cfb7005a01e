package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.TrafficSelector;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * Traffic selectors of a declared pair: each end's whole host, substituted where a NAT stands
 * between (RFC 7296 §2.23.1).
 */
final class TransportSelectors {
  private TransportSelectors() {}

  static List<TsPayload> of(InetAddress initiator, InetAddress responder) {
    return List.of(
        new TsPayload(true, List.of(TrafficSelector.host(initiator))),
        new TsPayload(false, List.of(TrafficSelector.host(responder))));
  }

  /**
   * The peer's inner address, if a request's selectors are exactly a host of {@code allowed} and
   * us.
   *
   * @param allowed the addresses that the controller lists for the authenticated identity
   * @param weAreBehindNat then the peer knows us by our NAT's address
   */
  static Optional<InetAddress> peerAddress(
      IkeMessage request, List<InetAddress> allowed, InetAddress local, boolean weAreBehindNat) {
    Optional<TsPayload> theirs = request.ts(true);
    Optional<TsPayload> ours = request.ts(false);
    if (theirs.isEmpty() || ours.isEmpty()) {
      return Optional.empty();
    }
    boolean addressesUs =
        weAreBehindNat || ours.get().selectors().stream().anyMatch(s -> s.isWholeHost(local));
    if (!addressesUs) {
      return Optional.empty();
    }
    return allowed.stream()
        .filter(a -> theirs.get().selectors().stream().anyMatch(s -> s.isWholeHost(a)))
        .findFirst();
  }

  /**
   * Whether an answer's selectors are a pair of hosts, which stand for those we asked for whatever
   * they name (§2.23.1): TSr for the address that we sent to, because the peer says, as we do, that
   * it is behind a NAT; TSi for our own, because only the peer can know whether our source address
   * is translated on its way.
   */
  static boolean accepts(IkeMessage answer) {
    return single(answer.ts(true)).filter(TrafficSelector::isWholeHost).isPresent()
        && single(answer.ts(false)).filter(TrafficSelector::isWholeHost).isPresent();
  }

  private static Optional<TrafficSelector> single(Optional<TsPayload> ts) {
    return ts.map(TsPayload::selectors)
        .filter(selectors -> selectors.size() == 1)
        .map(List::getFirst);
  }
}
