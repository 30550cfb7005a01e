package io.podseal.e2e.interop;

import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.NatRouter;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.strongswan.PeerHost;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What is between both ends of one row.
 *
 * @param router in front of the initiator, if there is one
 * @param weAreInside whether that is our side
 * @param unused gives addresses of the bridge that nobody has
 */
record Network(
    Lab lab, Optional<NatRouter> router, boolean weAreInside, Supplier<Inet4Address> unused) {

  /** Returns the address under which the wire sees our end. */
  InetAddress seen(Pod ours) {
    return router.filter(r -> weAreInside).map(NatRouter::outside).orElse(ours.address());
  }

  /** Returns the address under which the wire sees strongSwan. */
  InetAddress seen(PeerHost theirs) {
    return router
        .filter(r -> !weAreInside)
        .map(r -> (InetAddress) r.outside())
        .orElse(theirs.address());
  }

  /** Lets the router forget what it mapped, and map it to other ports. */
  void rebind() {
    router.orElseThrow().rebind();
  }
}
