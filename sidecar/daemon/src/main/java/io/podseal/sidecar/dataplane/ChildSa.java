package io.podseal.sidecar.dataplane;

import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.TrafficSelectors;
import java.net.Inet4Address;

/**
 * One pair of ESP SAs between two pod addresses.
 *
 * @param peerIdentity the peer's opaque IKE identity
 * @param selectors the only packets that may be sent and let in
 * @param remote where its UDP-encapsulated ESP goes
 * @param localAddress our pod address; in transport mode the source of what is sealed and the
 *     destination of what is opened
 * @param peerAddress the pod address bound to the peer's identity
 * @param translated whether the checksums of TCP and UDP may be over other addresses than these
 *     two, those of the other side of a NAT; transport mode only
 */
public record ChildSa(
    String peerIdentity,
    ChildSaKeys keys,
    ChildMode mode,
    TrafficSelectors selectors,
    Endpoint remote,
    Inet4Address localAddress,
    Inet4Address peerAddress,
    boolean translated) {

  /** In transport mode, for all traffic of the two addresses, which no NAT changes. */
  public ChildSa(
      String peerIdentity,
      ChildSaKeys keys,
      Endpoint remote,
      Inet4Address localAddress,
      Inet4Address peerAddress) {
    this(
        peerIdentity,
        keys,
        ChildMode.TRANSPORT,
        TrafficSelectors.hosts(localAddress, peerAddress),
        remote,
        localAddress,
        peerAddress,
        false);
  }

  /** Whether packets have to be judged one by one: the addresses alone do not decide. */
  public boolean hasNarrowSelectors() {
    return !selectors.contains(TrafficSelectors.hosts(localAddress, peerAddress));
  }
}
