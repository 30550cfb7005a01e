package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.Limits;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * Bounds the work on key exchanges that others can cause, in units of about 200 microseconds: one
 * exchange with X25519. Expensive ones have a budget of their own: a flood of them does not stop
 * the others. What follows in IKE_INTERMEDIATE or IKE_FOLLOWUP_KE is as much again at most for each
 * additional method of our own policy.
 */
final class KeyExchangeBudget {
  private static final int MODP_2048 = 256;

  private final TokenBucket cheap;
  private final TokenBucket expensive;
  private final int unknown;

  /**
   * @param unknown units of a request whose method we do not know, or that has none
   */
  private KeyExchangeBudget(TokenBucket cheap, TokenBucket expensive, int unknown) {
    this.cheap = cheap;
    this.expensive = expensive;
    this.unknown = unknown;
  }

  /** For all together who have not authenticated. */
  static KeyExchangeBudget ofStrangers() {
    return new KeyExchangeBudget(
        new TokenBucket(Limits.KEY_EXCHANGE_BURST, Limits.KEY_EXCHANGE_RATE),
        new TokenBucket(Limits.EXPENSIVE_BURST, Limits.EXPENSIVE_RATE),
        0);
  }

  /** For one peer, each of whose requests is some work even if it is refused. */
  static KeyExchangeBudget ofPeer() {
    return new KeyExchangeBudget(
        new TokenBucket(Limits.PEER_KEY_EXCHANGE_BURST, Limits.PEER_KEY_EXCHANGE_RATE),
        new TokenBucket(Limits.PEER_KEY_EXCHANGE_BURST, Limits.PEER_KEY_EXCHANGE_RATE),
        1);
  }

  /** Whether it is begun only for who has returned a cookie. */
  static boolean isExpensive(int method) {
    return byId(method).filter(m -> m.cost() == KeyExchangeMethod.Cost.HIGH).isPresent();
  }

  /** Whether so little is left for cheap ones that it is kept for who has returned a cookie. */
  boolean isScarce(Instant now) {
    return cheap.isBelowHalf(now);
  }

  /** Whether a key exchange of this method may be done now; then it is counted. */
  boolean takes(int method, Instant now) {
    int units = byId(method).map(KeyExchangeBudget::units).orElse(unknown);
    return (isExpensive(method) ? expensive : cheap).takes(units, now);
  }

  private static int units(KeyExchangeMethod method) {
    return switch (method.cost()) {
      case LOW -> 1;
      case MEDIUM -> 5;
      case HIGH -> {
        // Exponentiation costs the cube of the length.
        double longer = (double) method.requestLength() / MODP_2048;
        yield (int) (20 * longer * longer * longer);
      }
    };
  }

  private static Optional<KeyExchangeMethod> byId(int method) {
    return Arrays.stream(KeyExchangeMethod.values()).filter(m -> m.id() == method).findFirst();
  }
}
