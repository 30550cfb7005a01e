package io.podseal.protocol.message;

import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.ByteReader;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import io.podseal.protocol.wire.MalformedException;
import java.util.ArrayList;
import java.util.List;

/** The content of each payload, without its generic header (RFC 7296 §3.3-3.13). */
final class PayloadCodec {
  /** Enough for a whole /26 of pods restarting at once; more is an attack on our memory. */
  private static final int MAX_DELETED_SPIS = 64;

  private PayloadCodec() {}

  static Payload decode(int type, boolean critical, ByteReader r, Allowance allowance)
      throws MalformedException {
    return switch (type) {
      case PayloadType.SA -> new SaPayload(SaCodec.decode(r, allowance));
      case PayloadType.KE -> decodeKe(r);
      case PayloadType.ID_INITIATOR -> decodeId(true, r);
      case PayloadType.ID_RESPONDER -> decodeId(false, r);
      case PayloadType.AUTH -> decodeAuth(r);
      case PayloadType.NONCE -> decodeNonce(r);
      case PayloadType.NOTIFY -> decodeNotify(r);
      case PayloadType.DELETE -> decodeDelete(r, allowance);
      case PayloadType.VENDOR_ID -> new VendorIdPayload(r.rest());
      case PayloadType.TS_INITIATOR -> new TsPayload(true, TsCodec.decode(r, allowance));
      case PayloadType.TS_RESPONDER -> new TsPayload(false, TsCodec.decode(r, allowance));
      default -> new OpaquePayload(type, critical, r.rest());
    };
  }

  static void encode(Payload payload, ByteWriter w) {
    switch (payload) {
      case SaPayload p -> SaCodec.encode(p.proposals(), w);
      case KePayload p -> w.u16(p.method()).u16(0).bytes(p.data());
      case IdPayload p -> w.bytes(p.body());
      case AuthPayload p -> w.u8(p.method()).u8(0).u16(0).bytes(p.data());
      case NoncePayload p -> w.bytes(p.nonce());
      case NotifyPayload p ->
          w.u8(p.protocol())
              .u8(p.spi().length())
              .u16(p.notifyType())
              .bytes(p.spi())
              .bytes(p.data());
      case DeletePayload p -> {
        w.u8(p.protocol()).u8(p.spis().isEmpty() ? 0 : p.spis().getFirst().length());
        w.u16(p.spis().size());
        p.spis().forEach(w::bytes);
      }
      case VendorIdPayload p -> w.bytes(p.data());
      case TsPayload p -> TsCodec.encode(p.selectors(), w);
      case OpaquePayload p -> w.bytes(p.data());
    }
  }

  private static KePayload decodeKe(ByteReader r) throws MalformedException {
    int method = r.u16();
    r.u16();
    return new KePayload(method, r.rest());
  }

  private static IdPayload decodeId(boolean initiator, ByteReader r) throws MalformedException {
    int idType = r.u8();
    int reserved = r.u8() << 16 | r.u16();
    return new IdPayload(initiator, idType, reserved, r.rest());
  }

  private static AuthPayload decodeAuth(ByteReader r) throws MalformedException {
    int method = r.u8();
    r.u8();
    r.u16();
    return new AuthPayload(method, r.rest());
  }

  private static NoncePayload decodeNonce(ByteReader r) throws MalformedException {
    Bytes nonce = r.rest();
    if (nonce.length() < NoncePayload.MIN_LENGTH || nonce.length() > NoncePayload.MAX_LENGTH) {
      throw syntax("nonce of " + nonce.length() + " octets");
    }
    return new NoncePayload(nonce);
  }

  private static NotifyPayload decodeNotify(ByteReader r) throws MalformedException {
    int protocol = r.u8();
    int spiSize = r.u8();
    int notifyType = r.u16();
    Bytes spi = r.bytes(spiSize);
    return new NotifyPayload(protocol, spi, notifyType, r.rest());
  }

  private static DeletePayload decodeDelete(ByteReader r, Allowance allowance)
      throws MalformedException {
    int protocol = r.u8();
    int spiSize = r.u8();
    int count = r.u16();
    if ((long) count * spiSize != r.remaining()) {
      throw syntax("Delete says " + count + " SPIs of " + spiSize + " octets");
    }
    if (count > MAX_DELETED_SPIS) {
      throw syntax("Delete of " + count + " SPIs");
    }
    List<Bytes> spis = new ArrayList<>();
    for (int i = 0; i < count && spiSize > 0; i++) {
      allowance.take();
      spis.add(r.bytes(spiSize));
    }
    return new DeletePayload(protocol, spis);
  }

  static MalformedException syntax(String detail) {
    return new MalformedException(DropReason.IKE_PAYLOAD_SYNTAX, detail);
  }
}
