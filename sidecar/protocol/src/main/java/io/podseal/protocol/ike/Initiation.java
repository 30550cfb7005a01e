package io.podseal.protocol.ike;

import io.podseal.protocol.policy.PresharedKey;

/**
 * How an IKE SA is to begin.
 *
 * @param key what to authenticate with
 * @param initialContact whether to say that we know no other SA with this peer
 * @param replaces whether it is to take the place of one that works
 * @param childless whether to do without a first child, if the peer can (RFC 6023) and until a
 *     packet waits
 */
public record Initiation(
    PresharedKey key, boolean initialContact, boolean replaces, boolean childless) {

  Initiation withChild() {
    return new Initiation(key, initialContact, replaces, false);
  }
}
