package io.podseal.protocol.message;

/** One payload of an IKE message (RFC 7296 §3.2). To add one: a record, this list, the codec. */
public sealed interface Payload
    permits SaPayload,
        KePayload,
        IdPayload,
        AuthPayload,
        NoncePayload,
        NotifyPayload,
        DeletePayload,
        VendorIdPayload,
        TsPayload,
        OpaquePayload {

  /** Number in the Next Payload field that announces it. */
  int type();
}
