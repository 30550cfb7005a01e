package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.Transform;
import java.util.List;

/**
 * How long our answer to an IKE_SA_INIT request can become. A shorter request must return a cookie
 * first, so that we never amplify.
 */
public final class InitAnswer {
  /** Header 28, SA 48, KE 8 before its data, nonce 36, two NAT detection hashes 56, CHILDLESS 8. */
  private static final int FIXED = 184;

  private static final int EMPTY_NOTIFY = 8;
  private static final int TRANSFORM = 8;

  /** What the answer repeats if the request has it. */
  private static final List<Integer> ECHOED =
      List.of(
          NotifyType.IKEV2_FRAGMENTATION_SUPPORTED,
          NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED,
          NotifyType.USE_PPK);

  private InitAnswer() {}

  public static int longest(IkeMessage request) {
    // No method's answer is longer than its request.
    int keyExchange = request.first(KePayload.class).map(ke -> ke.data().length()).orElse(0);
    long notifies = ECHOED.stream().filter(request::has).count();
    return FIXED + keyExchange + EMPTY_NOTIFY * (int) notifies + TRANSFORM * additional(request);
  }

  /** Types of additional key exchange that a proposal can select. */
  private static int additional(IkeMessage request) {
    return request.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of()).stream()
        .mapToInt(p ->
            (int)
                p.transforms().stream()
                    .filter(Transform::isAdditionalKeyExchange)
                    .mapToInt(Transform::type)
                    .distinct()
                    .count())
        .max()
        .orElse(0);
  }
}
