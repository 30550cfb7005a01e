package io.podseal.protocol.ike;

import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.TrafficSelectors;
import java.net.InetAddress;

/**
 * What a child SA carries, as both ends agreed.
 *
 * @param selectors seen from our end, with the inner addresses
 * @param remoteInner the address of the peer that it is for
 * @param translated whether the peer named other addresses than ours and {@code remoteInner}, those
 *     on its side of a NAT: its transport checksums are over them (RFC 3948 §3.1.2)
 */
record ChildTraffic(
    ChildMode mode, TrafficSelectors selectors, InetAddress remoteInner, boolean translated) {

  /** Between addresses that both ends know. */
  ChildTraffic(ChildMode mode, TrafficSelectors selectors, InetAddress remoteInner) {
    this(mode, selectors, remoteInner, false);
  }

  /** RFC 7296 §2.9.2: a successor is of the same mode and never narrower. */
  boolean succeeds(ChildTraffic old) {
    return mode == old.mode && selectors.contains(old.selectors);
  }
}
