package io.podseal.protocol.policy;

import io.podseal.protocol.secret.SecretBytes;

/**
 * Everything the data plane needs to protect one child SA, seen from our end.
 *
 * @param inboundSpi chosen by us, on packets we receive
 * @param outboundSpi chosen by the peer, on packets we send
 * @param suite algorithms of both directions
 * @param inbound for receiving: encryption key, salt and integrity key without gaps, as many octets
 *     of each as the algorithms of {@code suite} take
 * @param outbound the same for sending
 */
public record ChildSaKeys(
    int inboundSpi, int outboundSpi, ChildSuite suite, SecretBytes inbound, SecretBytes outbound) {
  public ChildSaKeys {
    if (inbound.length() != suite.keymatLength() || outbound.length() != suite.keymatLength()) {
      throw new IllegalArgumentException(
          suite + " takes " + suite.keymatLength() + " octets of key material a direction");
    }
  }

  /** Zeroes both keys. */
  public void destroy() {
    inbound.destroy();
    outbound.destroy();
  }
}
