package io.podseal.protocol.message;

import io.podseal.protocol.wire.Bytes;

/** Vendor ID payload (RFC 7296 §3.12): accepted and ignored. */
public record VendorIdPayload(Bytes data) implements Payload {
  @Override
  public int type() {
    return PayloadType.VENDOR_ID;
  }
}
