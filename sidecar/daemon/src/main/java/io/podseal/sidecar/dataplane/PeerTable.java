package io.podseal.sidecar.dataplane;

import java.net.Inet4Address;
import java.util.Map;

/**
 * Which peer an inner destination address belongs to.
 *
 * @param identities pod address to the peer's opaque IKE identity
 */
public record PeerTable(Map<Inet4Address, String> identities) {
  public static final PeerTable EMPTY = new PeerTable(Map.of());

  public PeerTable {
    identities = Map.copyOf(identities);
  }
}
