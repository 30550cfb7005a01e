package io.podseal.controller.model;

import java.util.List;
import java.util.Map;

/**
 * All that the sidecar of one pod is told.
 *
 * @param strictPorts clear packets to these are refused, whoever sends them
 * @param peers by identity
 */
public record PodPolicy(
    String uid,
    String identity,
    List<String> addresses,
    List<PortRule> strictPorts,
    Map<String, PeerLink> peers) {

  public PodPolicy {
    peers = Map.copyOf(peers);
  }
}
