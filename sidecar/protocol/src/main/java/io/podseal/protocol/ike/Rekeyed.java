package io.podseal.protocol.ike;

import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.wire.Bytes;

/** What the rekey of an IKE SA has agreed on, apart from secrets (RFC 7296 §2.18). */
record Rekeyed(boolean weBegan, long spiI, long spiR, IkeSuite suite, Bytes nonceI, Bytes nonceR) {

  /** Decides between crossing rekeys (§2.8.2). */
  Bytes lowestNonce() {
    return nonceI.compareTo(nonceR) < 0 ? nonceI : nonceR;
  }
}
