package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.secret.SecretBytes;

/**
 * Everything the data plane needs to protect one child SA, seen from our end.
 *
 * @param inboundSpi chosen by us, on packets we receive
 * @param outboundSpi chosen by the peer, on packets we send
 * @param encryption cipher of both directions
 * @param esn 64-bit sequence numbers (RFC 4303 §2.2.1)
 * @param inbound key and salt for receiving
 * @param outbound key and salt for sending
 */
public record ChildSaKeys(
    int inboundSpi,
    int outboundSpi,
    EncryptionAlgorithm encryption,
    boolean esn,
    SecretBytes inbound,
    SecretBytes outbound) {

  /** Zeroes both keys. */
  public void destroy() {
    inbound.destroy();
    outbound.destroy();
  }
}
