package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchangeMethod;

/**
 * Decides whether a key exchange may be done for a peer that has not authenticated. Asked only when
 * nothing else can refuse the request any more: were it asked sooner, requests that come to no key
 * exchange would use up what others need.
 */
@FunctionalInterface
public interface KeyExchangeRation {
  /** Whether it may be done now; then it is counted. */
  boolean takes(KeyExchangeMethod method);
}
