package io.podseal.sidecar.firewall;

import java.net.Inet4Address;

/**
 * A service that the pod may always ask in clear, such as DNS, the API server or the controller.
 *
 * @param protocol TCP (6) or UDP (17)
 */
public record ClearFlow(Inet4Address address, int protocol, int port) {
  public ClearFlow {
    if (protocol != PortRule.TCP && protocol != PortRule.UDP) {
      throw new IllegalArgumentException("a clear flow is TCP or UDP, not protocol " + protocol);
    }
    if (port < 1 || port > 0xffff) {
      throw new IllegalArgumentException("ports are 1 to 65535, not " + port);
    }
  }
}
