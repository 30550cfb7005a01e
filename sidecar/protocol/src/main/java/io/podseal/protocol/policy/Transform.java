package io.podseal.protocol.policy;

import java.util.Optional;

/**
 * One transform of a proposal as it stands on the wire (RFC 7296 §3.3.2). {@code type} stays a
 * number, because a peer may send types we do not know.
 *
 * @param type transform type number
 * @param id transform ID within the type
 * @param keyBits Key Length attribute in bits
 * @param unknownAttribute whether it carried an attribute we do not know
 */
public record Transform(int type, int id, Optional<Integer> keyBits, boolean unknownAttribute) {

  public static Transform of(TransformType type, int id) {
    return new Transform(type.id(), id, Optional.empty(), false);
  }

  public static Transform of(TransformType type, int id, int keyBits) {
    return new Transform(type.id(), id, Optional.of(keyBits), false);
  }

  public boolean isAdditionalKeyExchange() {
    return type >= TransformType.ADDKE1.id() && type <= TransformType.ADDKE7.id();
  }

  boolean is(TransformType wanted) {
    return type == wanted.id();
  }
}
