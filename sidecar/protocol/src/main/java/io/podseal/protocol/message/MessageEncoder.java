package io.podseal.protocol.message;

import io.podseal.protocol.wire.ByteWriter;
import java.util.List;

/** Encodes messages and the content of Encrypted payloads. Stateless and thread-safe. */
public final class MessageEncoder {
  private MessageEncoder() {}

  /** A message without Encrypted payload. */
  public static byte[] clear(IkeHeader header, List<? extends Payload> payloads) {
    ByteWriter w = new ByteWriter();
    header.write(w, firstType(payloads));
    chain(payloads, w);
    w.setU32(IkeHeader.LENGTH_OFFSET, w.length());
    return w.toArray();
  }

  /** The payloads that go inside an Encrypted payload, without padding. */
  public static byte[] inner(List<? extends Payload> payloads) {
    ByteWriter w = new ByteWriter();
    chain(payloads, w);
    return w.toArray();
  }

  /**
   * Header and generic header of an Encrypted payload, with the final lengths: what an AEAD
   * authenticates (RFC 5282 §5.1).
   *
   * @param contentLength octets that follow: IV, ciphertext and tag
   */
  public static byte[] encryptedPrefix(IkeHeader header, int firstInner, int contentLength) {
    ByteWriter w = new ByteWriter();
    header.write(w, PayloadType.ENCRYPTED);
    w.u8(firstInner).u8(0).u16(4 + contentLength);
    w.setU32(IkeHeader.LENGTH_OFFSET, w.length() + contentLength);
    return w.toArray();
  }

  public static int firstType(List<? extends Payload> payloads) {
    return payloads.isEmpty() ? PayloadType.NONE : payloads.getFirst().type();
  }

  private static void chain(List<? extends Payload> payloads, ByteWriter w) {
    for (int i = 0; i < payloads.size(); i++) {
      int start = w.length();
      int next = i + 1 < payloads.size() ? payloads.get(i + 1).type() : PayloadType.NONE;
      // §3.2: the critical bit is clear for every payload of RFC 7296.
      w.u8(next).u8(0).u16(0);
      PayloadCodec.encode(payloads.get(i), w);
      w.setU16(start + 2, w.length() - start);
    }
  }
}
