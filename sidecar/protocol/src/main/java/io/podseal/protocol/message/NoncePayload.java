package io.podseal.protocol.message;

import io.podseal.protocol.wire.Bytes;

/** Nonce payload (RFC 7296 §3.9): 16 to 256 octets. */
public record NoncePayload(Bytes nonce) implements Payload {
  public static final int MIN_LENGTH = 16;
  public static final int MAX_LENGTH = 256;

  public NoncePayload {
    if (nonce.length() < MIN_LENGTH || nonce.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("nonce of " + nonce.length() + " octets");
    }
  }

  @Override
  public int type() {
    return PayloadType.NONCE;
  }
}
