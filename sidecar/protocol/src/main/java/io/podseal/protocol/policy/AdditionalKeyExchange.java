package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import java.util.List;

/**
 * What may stand in one of the transforms ADDKE1 to ADDKE7 (RFC 9370 §2.2.1).
 *
 * @param methods most wanted first
 * @param optional whether the SA may do without
 */
public record AdditionalKeyExchange(List<KeyExchangeMethod> methods, boolean optional) {
  public AdditionalKeyExchange {
    methods = List.copyOf(methods);
    if (methods.isEmpty()) {
      throw new IllegalArgumentException("an additional key exchange without a method");
    }
  }

  public static AdditionalKeyExchange required(KeyExchangeMethod... methods) {
    return new AdditionalKeyExchange(List.of(methods), false);
  }

  public static AdditionalKeyExchange optional(KeyExchangeMethod... methods) {
    return new AdditionalKeyExchange(List.of(methods), true);
  }
}
