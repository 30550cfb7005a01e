package io.podseal.protocol.ike;

import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import java.util.Optional;

/** Looks up declared peers. */
@FunctionalInterface
public interface PeerDirectory {
  Optional<Peer> byIdentity(Identity identity);
}
