package io.podseal.controller.model;

import java.util.List;
import java.util.Map;

/**
 * All that the sidecar of one pod is told.
 *
 * @param strictPorts clear packets to these are refused, whoever sends them
 * @param peers by identity
 * @param services Services with a peer behind them that is never reached in clear
 */
public record PodPolicy(
    String uid,
    String identity,
    List<String> addresses,
    List<PortRule> strictPorts,
    Map<String, PeerLink> peers,
    List<ServiceRoute> services) {

  public PodPolicy {
    peers = Map.copyOf(peers);
    services = List.copyOf(services);
  }
}
