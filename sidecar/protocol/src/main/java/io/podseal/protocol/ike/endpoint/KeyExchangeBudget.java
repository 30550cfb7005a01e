package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.KeyExchangeCost;
import io.podseal.protocol.ike.Limits;
import java.time.Instant;

/** Bounds the work on key exchanges that peers can cause before they authenticate. */
final class KeyExchangeBudget {
  private final TokenBucket cheap =
      new TokenBucket(Limits.KEY_EXCHANGE_BURST, Limits.KEY_EXCHANGE_RATE);
  private final TokenBucket expensive =
      new TokenBucket(Limits.EXPENSIVE_BURST, Limits.EXPENSIVE_RATE);

  static boolean isExpensive(int method) {
    return KeyExchangeCost.of(method) >= Limits.EXPENSIVE_KEY_EXCHANGE;
  }

  /** Whether a key exchange of this method may be done now; then it is counted. */
  boolean takes(int method, Instant now) {
    return (isExpensive(method) ? expensive : cheap).takes(KeyExchangeCost.of(method), now);
  }
}
