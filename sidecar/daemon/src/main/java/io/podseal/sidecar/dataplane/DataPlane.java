package io.podseal.sidecar.dataplane;

import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Features;
import io.podseal.protocol.telemetry.DropReason;
import java.util.List;

/**
 * Seals the pod's packets to its peers and opens what they send; owns the socket of UDP 4500.
 *
 * <p>Called from the engine thread only, except {@link #stats} and {@link #dropped}, which any
 * thread may call. Nothing here waits for the network.
 */
public interface DataPlane extends AutoCloseable {
  /** Short name for logs and metrics, such as {@code userspace}. */
  String name();

  /** What this plane can do; flows into proposals. */
  Features features();

  /**
   * Replaces the map from pod address to peer. An SA sends and receives only while its peer address
   * belongs to its peer identity here, and a packet that is held for an address is sent only if
   * that address still belongs to the same identity.
   */
  void peers(PeerTable table);

  /**
   * Adds a child SA. Packets to its inbound SPI are accepted when this returns; nothing is sent on
   * it before {@link #selectOutbound}. The keys are copied: the caller destroys its own.
   *
   * @throws IllegalStateException when the inbound SPI is in use
   * @throws IllegalArgumentException when it needs what {@link #features} lacks
   */
  void install(ChildSa sa);

  /**
   * Makes this the SA that carries traffic to its peer, and sends the packets held for that peer.
   * No effect when the SA is gone.
   */
  void selectOutbound(int inboundSpi);

  /**
   * Sends nothing more on this SA; packets to its peer are held until another is selected. No
   * effect when it carries no traffic.
   */
  void stopSending(int inboundSpi);

  /** The peer's UDP address changed. No effect when the SA is gone. */
  void remote(int inboundSpi, Endpoint to);

  /** Ends both directions of the child SA and zeroes its keys; idempotent. */
  void remove(int inboundSpi);

  /**
   * Sends an IKE message from UDP 4500 with the non-ESP marker in front (RFC 3948 §2.2).
   *
   * @return false when the kernel refused it; counted as {@link DropReason#SEND_FAILED}
   */
  boolean sendIke(byte[] message, Endpoint to);

  /** Sends a NAT keepalive: one octet 0xFF (RFC 3948 §2.3). */
  void sendKeepalive(Endpoint to);

  /** One entry for every installed child SA, in no order. */
  List<ChildSaStats> stats();

  /** Packets dropped for this reason since start. */
  long dropped(DropReason reason);

  /** Stops the threads, closes TUN and socket, zeroes all keys; idempotent. */
  @Override
  void close();
}
