package io.podseal.protocol.ike;

import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;

/** Looks up declared peers. */
public interface PeerDirectory {
  Optional<Peer> byIdentity(Identity identity);

  /**
   * Whether one of this peer's IKE SAs may be rekeyed: they are fewer than {@link
   * Limits#IKE_SAS_PER_PEER}, those that end included.
   */
  boolean hasRoomForRekey(Identity identity);

  /**
   * Whether an authenticated peer may have another key exchange answered now; then it is counted.
   *
   * @param method its number in the KE payload; 0 for a request without one, which counts too
   */
  boolean mayExchangeKeys(Identity identity, int method, Instant now);

  /** The algorithms that whoever has this address may use before it is authenticated. */
  CryptoOffer acceptable(InetAddress address);

  /** Whether whoever has this address may have a PPK in common with us. */
  boolean usesPpk(InetAddress address);
}
