package io.podseal.protocol.message;

import io.podseal.protocol.wire.Bytes;

/**
 * A payload we do not interpret: of an unknown type, or of one we have no use for.
 *
 * @param critical its critical bit
 */
public record OpaquePayload(int type, boolean critical, Bytes data) implements Payload {

  /** RFC 7296 §2.5: such a payload makes us refuse the whole message. */
  public boolean isUnknownCritical() {
    return critical && !PayloadType.isDefined(type);
  }
}
