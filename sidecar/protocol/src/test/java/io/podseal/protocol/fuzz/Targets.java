package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.PayloadType;
import java.util.List;

/** Every target. */
final class Targets {
  private static final List<FuzzTarget> ALL =
      List.of(
          new DemuxTarget(),
          new ClearMessageTarget(),
          new InnerMessageTarget(),
          new PayloadTarget("payload-sa", PayloadType.SA),
          new PayloadTarget("payload-ke", PayloadType.KE),
          new PayloadTarget("payload-id", PayloadType.ID_INITIATOR, PayloadType.ID_RESPONDER),
          new PayloadTarget("payload-auth", PayloadType.AUTH),
          new PayloadTarget("payload-nonce", PayloadType.NONCE),
          new PayloadTarget("payload-notify", PayloadType.NOTIFY),
          new PayloadTarget("payload-delete", PayloadType.DELETE),
          new PayloadTarget("payload-vendor-id", PayloadType.VENDOR_ID),
          new PayloadTarget("payload-ts", PayloadType.TS_INITIATOR, PayloadType.TS_RESPONDER),
          new PayloadTarget(
              "payload-opaque",
              PayloadType.CERT,
              PayloadType.CERTREQ,
              PayloadType.CONFIGURATION,
              PayloadType.EAP),
          new EspTarget(),
          EndpointTarget.clear(),
          EndpointTarget.auth(),
          EndpointTarget.peer(),
          EndpointTarget.fragments(),
          EndpointTarget.cbc(),
          EndpointTarget.intermediate(),
          EndpointTarget.followup());

  private Targets() {}

  static List<FuzzTarget> all() {
    return ALL;
  }

  static FuzzTarget named(String name) {
    return ALL.stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no target " + name));
  }
}
