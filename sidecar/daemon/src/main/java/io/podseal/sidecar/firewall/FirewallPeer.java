package io.podseal.sidecar.firewall;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;

/**
 * A peer with which nothing may pass in clear: sealed, or blocked because it has no sidecar and the
 * peering is strict. A permissive peer without sidecar is not one.
 *
 * @param addresses of its pod, IPv4 and IPv6
 * @param ingress what it may open to this pod once decrypted; empty for nothing
 */
public record FirewallPeer(List<InetAddress> addresses, List<PortRule> ingress) {
  public FirewallPeer {
    addresses = List.copyOf(addresses);
    ingress = List.copyOf(ingress);
  }

  List<Inet4Address> ipv4() {
    return only(Inet4Address.class);
  }

  List<Inet6Address> ipv6() {
    return only(Inet6Address.class);
  }

  private <T extends InetAddress> List<T> only(Class<T> family) {
    return addresses.stream().filter(family::isInstance).map(family::cast).toList();
  }
}
