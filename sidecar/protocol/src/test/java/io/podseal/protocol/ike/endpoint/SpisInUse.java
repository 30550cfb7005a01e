package io.podseal.protocol.ike.endpoint;

import java.util.Set;

/** Shows simulations which SPIs an endpoint believes to hold. */
public final class SpisInUse {
  private SpisInUse() {}

  public static Set<Integer> of(IkeEndpoint endpoint) {
    return endpoint.spisInUse();
  }
}
