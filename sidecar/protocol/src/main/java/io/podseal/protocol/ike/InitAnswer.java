package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.policy.TransformType;
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

  /** Notifies that the answer holds only if the request does. */
  private static final List<Integer> AS_ASKED =
      List.of(
          NotifyType.IKEV2_FRAGMENTATION_SUPPORTED,
          NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED,
          NotifyType.USE_PPK);

  private InitAnswer() {}

  public static int longest(IkeMessage request) {
    // No method's answer is longer than its request.
    int keyExchange = request.first(KePayload.class).map(ke -> ke.data().length()).orElse(0);
    long notifies = AS_ASKED.stream().filter(request::has).count();
    long additional =
        request.first(SaPayload.class).stream()
            .flatMap(sa -> sa.proposals().stream())
            .flatMap(p -> p.transforms().stream())
            .map(Transform::type)
            .filter(type -> type >= TransformType.ADDKE1.id() && type <= TransformType.ADDKE7.id())
            .distinct()
            .count();
    return FIXED + keyExchange + (int) (notifies * EMPTY_NOTIFY + additional * TRANSFORM);
  }
}
