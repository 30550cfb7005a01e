package io.podseal.protocol.ike.endpoint;

import java.time.Instant;
import java.util.Set;

/** Shows simulations which SPIs an endpoint believes to hold. */
public final class SpisInUse {
  private SpisInUse() {}

  public static Set<Integer> of(IkeEndpoint endpoint) {
    return endpoint.spisInUse();
  }

  /** How many it holds, those included that it gives to nobody for a while. */
  public static int taken(IkeEndpoint endpoint, Instant now) {
    return endpoint.spisTaken(now);
  }
}
