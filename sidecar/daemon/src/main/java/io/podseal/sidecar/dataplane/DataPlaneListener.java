package io.podseal.sidecar.dataplane;

import io.podseal.protocol.policy.Endpoint;

/**
 * What a data plane tells the engine. Called on data threads: an implementation returns at once.
 */
public interface DataPlaneListener {
  /** An IKE message arrived on UDP 4500; the marker is stripped, the array is the listener's. */
  void ikeReceived(byte[] message, Endpoint from);

  /** A packet is held because the peer has no outbound SA; at most once per peer in 500 ms. */
  void sealingNeeded(String peerIdentity);

  /**
   * ESP arrived from an address of the {@link PeerTable} for an SPI that is not installed; at most
   * once per address in 500 ms.
   */
  void unknownSpi(int spi, Endpoint from);

  /**
   * The first authenticated packet arrived on this SA.
   *
   * @return whether this was taken; if not, a later packet says so again
   */
  boolean firstInbound(int inboundSpi);

  /**
   * A fresh authenticated packet came from another UDP address than the SA's remote.
   *
   * @return whether this was taken; if not, a later packet from there says so again
   */
  boolean remoteMoved(int inboundSpi, Endpoint from);
}
