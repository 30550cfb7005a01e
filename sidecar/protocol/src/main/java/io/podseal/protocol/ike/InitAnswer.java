package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyType;

/**
 * How long our answer to an IKE_SA_INIT request can become. A shorter request must return a cookie
 * first, so that we never amplify.
 */
public final class InitAnswer {
  /** Header 28, SA 48, KE 8 before its data, nonce 36, two NAT detection hashes 56, CHILDLESS 8. */
  private static final int FIXED = 184;

  private static final int EMPTY_NOTIFY = 8;

  private InitAnswer() {}

  public static int longest(IkeMessage request) {
    // No method's answer is longer than its request.
    int keyExchange = request.first(KePayload.class).map(ke -> ke.data().length()).orElse(0);
    boolean fragmentation = request.has(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
    return FIXED + keyExchange + (fragmentation ? EMPTY_NOTIFY : 0);
  }
}
