package io.podseal.protocol.message;

import io.podseal.protocol.wire.Bytes;

/** Key Exchange payload (RFC 7296 §3.4). */
public record KePayload(int method, Bytes data) implements Payload {
  @Override
  public int type() {
    return PayloadType.KE;
  }
}
