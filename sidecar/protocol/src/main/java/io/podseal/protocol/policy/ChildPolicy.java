package io.podseal.protocol.policy;

import java.net.InetAddress;
import java.util.List;

/**
 * What child SAs with a peer may carry.
 *
 * @param local our traffic; none stands for all traffic of our address
 * @param remote the peer's; none stands for all traffic of the addresses listed for it
 * @param protocol what the SAs are made of
 * @param natSubstitution whether the peer may be known by the address that its NAT gives it,
 *     whatever address it claims (RFC 7296 §2.23.1); pods of Podseal claim their own
 */
public record ChildPolicy(
    Modes modes,
    SecurityProtocol protocol,
    List<TrafficSelector> local,
    List<TrafficSelector> remote,
    boolean natSubstitution) {
  /** Which modes, and which of them is asked for. */
  public enum Modes {
    TRANSPORT,
    /** Transport is asked for; tunnel mode is accepted where a peer wants or answers it. */
    TRANSPORT_PREFERRED,
    TUNNEL;

    public boolean allows(ChildMode mode) {
      return switch (mode) {
        case TRANSPORT -> this != TUNNEL;
        case TUNNEL -> this != TRANSPORT;
      };
    }
  }

  /** What Podseal pods have with each other: all their traffic, in transport mode. */
  public static final ChildPolicy BETWEEN_PODS =
      new ChildPolicy(Modes.TRANSPORT, SecurityProtocol.ESP, List.of(), List.of(), false);

  public ChildPolicy {
    local = List.copyOf(local);
    remote = List.copyOf(remote);
  }

  ChildPolicy withModes(Modes value) {
    return new ChildPolicy(value, protocol, local, remote, natSubstitution);
  }

  /** The same traffic in SAs of another protocol. */
  public ChildPolicy withProtocol(SecurityProtocol value) {
    return new ChildPolicy(modes, value, local, remote, natSubstitution);
  }

  /** Everything of both sides, in tunnel mode. */
  public static ChildPolicy tunnel(List<TrafficSelector> local, List<TrafficSelector> remote) {
    return new ChildPolicy(Modes.TUNNEL, SecurityProtocol.ESP, local, remote, false);
  }

  /**
   * What one SA may carry at most, by entry. A transport SA joins two addresses, so that each
   * address of the peer is an entry of its own (RFC 7296 §2.23.1).
   */
  public List<TrafficSelectors> entries(
      ChildMode mode, InetAddress self, List<InetAddress> peerAddresses) {
    return switch (mode) {
      case TRANSPORT -> peerAddresses.stream().map(p -> transport(self, p)).toList();
      case TUNNEL -> List.of(tunnel(self, peerAddresses));
    };
  }

  /** The part of this policy that a transport SA between two addresses can have. */
  public TrafficSelectors transport(InetAddress self, InetAddress peer) {
    TrafficSelectors hosts = TrafficSelectors.hosts(self, peer);
    return new TrafficSelectors(orElse(local, hosts.local()), orElse(remote, hosts.remote()))
        .intersection(hosts);
  }

  /** All of this policy in one SA. */
  public TrafficSelectors tunnel(InetAddress self, List<InetAddress> peerAddresses) {
    return new TrafficSelectors(
        orElse(local, List.of(TrafficSelector.host(self))),
        orElse(remote, peerAddresses.stream().map(TrafficSelector::host).toList()));
  }

  private static List<TrafficSelector> orElse(
      List<TrafficSelector> given, List<TrafficSelector> otherwise) {
    return given.isEmpty() ? otherwise : given;
  }
}
