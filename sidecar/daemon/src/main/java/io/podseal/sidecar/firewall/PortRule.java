package io.podseal.sidecar.firewall;

/**
 * A protocol and a range of its ports.
 *
 * @param protocol IP protocol; 0 for every one, or, with a port, for TCP, UDP and SCTP
 * @param port first port; 0 for every one
 * @param endPort last port; 0 for {@code port} alone
 */
public record PortRule(int protocol, int port, int endPort) {
  /** Every protocol and port. */
  public static final PortRule ALL = new PortRule(0, 0, 0);

  static final int TCP = 6;
  static final int UDP = 17;
  static final int SCTP = 132;

  public PortRule {
    if (protocol < 0 || protocol > 255) {
      throw new IllegalArgumentException("no IP protocol " + protocol);
    }
    if (port < 0 || port > 0xffff || endPort < 0 || endPort > 0xffff) {
      throw new IllegalArgumentException("ports are 0 to 65535, not " + port + "-" + endPort);
    }
    if (endPort != 0 && endPort < port) {
      throw new IllegalArgumentException("range of ports ends before it begins: " + port);
    }
    boolean hasPorts = protocol == 0 || protocol == TCP || protocol == UDP || protocol == SCTP;
    if (port != 0 && !hasPorts) {
      throw new IllegalArgumentException("IP protocol " + protocol + " has no ports");
    }
  }

  /** The match as nftables writes it; empty when it is everything. */
  String match() {
    if (port == 0) {
      return protocol == 0 ? "" : "meta l4proto " + protocol + " ";
    }
    String protocols = protocol == 0 ? "{ tcp, udp, sctp }" : String.valueOf(protocol);
    String ports = endPort == 0 || endPort == port ? "" + port : port + "-" + endPort;
    return "meta l4proto " + protocols + " th dport " + ports + " ";
  }
}
