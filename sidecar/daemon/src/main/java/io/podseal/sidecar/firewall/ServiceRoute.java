package io.podseal.sidecar.firewall;

import java.net.Inet4Address;
import java.util.List;

/**
 * One port of a Service of which some backend is a peer. The pod chooses the backend itself: the
 * node would do it behind the seal, where the peer's address is no longer visible.
 *
 * @param address the cluster address
 * @param protocol TCP (6), UDP (17) or SCTP (132)
 * @param sticky whether this pod always gets the same backend while they stay the same (session
 *     affinity ClientIP)
 * @param backends ready ones, peers or not; with none, connections are refused
 */
public record ServiceRoute(
    Inet4Address address, int protocol, int port, boolean sticky, List<Backend> backends) {
  /** Where one backend listens. */
  public record Backend(Inet4Address address, int port) {
    public Backend {
      requirePort(port);
    }
  }

  public ServiceRoute {
    if (protocol != PortRule.TCP && protocol != PortRule.UDP && protocol != PortRule.SCTP) {
      throw new IllegalArgumentException("a Service is TCP, UDP or SCTP, not protocol " + protocol);
    }
    requirePort(port);
    backends = List.copyOf(backends);
  }

  private static void requirePort(int port) {
    if (port < 1 || port > 0xffff) {
      throw new IllegalArgumentException("ports are 1 to 65535, not " + port);
    }
  }
}
