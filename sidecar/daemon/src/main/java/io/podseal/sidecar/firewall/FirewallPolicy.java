package io.podseal.sidecar.firewall;

import java.util.List;

/**
 * Everything the table depends on.
 *
 * @param tun name of the TUN device
 * @param mark firewall mark of the daemon's own packets
 * @param udpPort port of IKE and ESP in UDP, 4500
 * @param strictPorts ports that nobody may reach in clear
 * @param openPorts TCP ports of the daemon that anybody but a peer may reach in clear: probes
 * @param clearFlows passes even where strict ports or peers forbid it
 * @param services of which some backend is a peer
 */
public record FirewallPolicy(
    String tun,
    int mark,
    int udpPort,
    List<FirewallPeer> peers,
    List<PortRule> strictPorts,
    List<Integer> openPorts,
    List<ClearFlow> clearFlows,
    List<ServiceRoute> services) {
  public FirewallPolicy {
    if (!tun.matches("[A-Za-z0-9._-]{1,15}")) {
      throw new IllegalArgumentException("not the name of an interface: " + tun);
    }
    peers = List.copyOf(peers);
    strictPorts = List.copyOf(strictPorts);
    openPorts = List.copyOf(openPorts);
    clearFlows = List.copyOf(clearFlows);
    services = List.copyOf(services);
  }
}
