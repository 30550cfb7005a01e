package io.podseal.sidecar.dataplane.userspace;

import java.net.Inet4Address;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * All that the data threads look up, as one immutable value.
 *
 * @param inbound SAs by inbound SPI
 * @param paths by inner destination address
 */
record Tables(IntMap<Sa> inbound, IntMap<Path> paths) {
  static final Tables EMPTY = new Tables(new IntMap<>(Map.of()), new IntMap<>(Map.of()));

  /**
   * Joins what is declared with what is installed. An SA works only while its peer address belongs
   * to its identity: an address that went to another pod takes nothing of the old one along.
   *
   * @param selected the SA that carries traffic to an inner address
   */
  static Tables of(
      Map<Inet4Address, String> identities, Collection<Sa> installed, Map<Integer, Sa> selected) {
    Map<Integer, Path> paths = new HashMap<>();
    identities.forEach((address, identity) -> {
      int key = UdpAddress.toInt(address);
      Sa sa = selected.get(key);
      boolean bound = sa != null && sa.peerIdentity().equals(identity);
      paths.put(key, new Path(identity, bound ? sa : null));
    });
    Map<Integer, Sa> inbound = new HashMap<>();
    for (Sa sa : installed) {
      Path path = paths.get(sa.peerAddress);
      if (path != null && path.peerIdentity().equals(sa.peerIdentity())) {
        inbound.put(sa.inboundSpi(), sa);
      }
    }
    return new Tables(new IntMap<>(inbound), new IntMap<>(paths));
  }
}
