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
   * Whether an answer's selectors are the pair we asked for, after undoing the substitution. The
   * peer says, as we do, that it is behind a NAT: TSr then stands for the address that we sent to,
   * whatever it names. TSi is our own address unless we are behind a NAT ourselves.
   */
  static boolean accepts(IkeMessage answer, InetAddress local, boolean weAreBehindNat) {
    Optional<TrafficSelector> ours = single(answer.ts(true));
    Optional<TrafficSelector> theirs = single(answer.ts(false));
    return ours.filter(s -> weAreBehindNat ? s.isWholeHost() : s.isWholeHost(local)).isPresent()
        && theirs.filter(TrafficSelector::isWholeHost).isPresent();
  }

  private static Optional<TrafficSelector> single(Optional<TsPayload> ts) {
    return ts.map(TsPayload::selectors)
        .filter(selectors -> selectors.size() == 1)
        .map(List::getFirst);
  }
}
