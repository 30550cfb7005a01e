package io.podseal.controller.control;

import io.podseal.controller.model.PeerLink;
import io.podseal.controller.model.PodPolicy;
import io.podseal.controller.model.PortRule;
import io.podseal.controller.model.ServiceRoute;
import java.util.List;
import java.util.Map;

/**
 * What a sidecar has been told, without the keys themselves.
 *
 * @param peers by identity
 */
record SentPolicy(
    String identity,
    List<String> addresses,
    List<PortRule> strictPorts,
    Map<String, SentPeer> peers,
    List<ServiceRoute> services) {
  /** Nothing yet. */
  static final SentPolicy NONE = new SentPolicy("", List.of(), List.of(), Map.of(), List.of());

  /**
   * One peer.
   *
   * @param keys newest first; none where the peer has no sidecar
   */
  record SentPeer(PeerLink link, List<SentKey> keys) {
    boolean hasEpoch(int epoch) {
      return keys.stream().anyMatch(key -> key.epoch() == epoch);
    }
  }

  /** One key, by its epoch. */
  record SentKey(int epoch, boolean mayInitiate) {}

  static SentPolicy of(PodPolicy policy, Map<String, SentPeer> peers) {
    return new SentPolicy(
        policy.identity(),
        policy.addresses(),
        policy.strictPorts(),
        Map.copyOf(peers),
        policy.services());
  }

  boolean sameSelf(SentPolicy other) {
    return identity.equals(other.identity)
        && addresses.equals(other.addresses)
        && strictPorts.equals(other.strictPorts);
  }
}
