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

  /** How many IKE SAs there are with this peer, those that end included. */
  int ikeSas(Identity identity);

  /**
   * Whether an authenticated peer may have another key exchange answered now; then it is counted.
   *
   * @param method its number in the KE payload
   */
  boolean mayExchangeKeys(Identity identity, int method, Instant now);

  /** The algorithms that whoever has this address may use before it is authenticated. */
  CryptoOffer acceptable(InetAddress address);

  /** Whether whoever has this address may have a PPK in common with us. */
  boolean usesPpk(InetAddress address);
}
