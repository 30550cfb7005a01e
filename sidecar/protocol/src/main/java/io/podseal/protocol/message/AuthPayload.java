package io.podseal.protocol.message;

import io.podseal.protocol.wire.Bytes;

/** Authentication payload (RFC 7296 §3.8). */
public record AuthPayload(int method, Bytes data) implements Payload {
  /** Shared Key Message Integrity Code. */
  public static final int SHARED_KEY_MIC = 2;

  @Override
  public int type() {
    return PayloadType.AUTH;
  }
}
