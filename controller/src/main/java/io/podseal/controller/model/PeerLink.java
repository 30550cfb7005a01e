package io.podseal.controller.model;

import java.util.List;

/**
 * What one pod is told about one of its peers.
 *
 * @param peering namespace and name of the oldest peering that pairs the two
 * @param addresses the only addresses that the peer's identity may use
 * @param hasSidecar false where the peer has no key for this pair: Strict drops its traffic,
 *     Permissive sends clear
 * @param ingress what the pod lets in from the peer besides replies; empty is nothing
 */
public record PeerLink(
    String uid,
    String identity,
    String pod,
    String peering,
    List<String> addresses,
    Mode mode,
    boolean hasSidecar,
    List<PortRule> ingress,
    CryptoChoice crypto) {

  /** Whether nothing may pass in clear: only Permissive without sidecar is clear. */
  boolean guarded() {
    return hasSidecar || mode == Mode.STRICT;
  }

  /** A link that lets nothing through: for an address whose holder is in doubt. */
  PeerLink shut(List<String> addressesToShut) {
    return new PeerLink(
        uid, identity, pod, peering, addressesToShut, Mode.STRICT, false, List.of(), crypto);
  }
}
