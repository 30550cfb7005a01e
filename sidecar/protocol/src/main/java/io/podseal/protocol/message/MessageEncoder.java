package io.podseal.protocol.message;

import io.podseal.protocol.wire.ByteWriter;
import java.util.List;

/** Encodes messages and the content of Encrypted payloads. Stateless and thread-safe. */
public final class MessageEncoder {
  public static final int GENERIC_HEADER_LENGTH = 4;

  /** Generic header, Fragment Number and Total Fragments (RFC 7383 §2.5). */
  public static final int FRAGMENT_HEADER_LENGTH = 8;

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

  /**
   * Header and generic header of an Encrypted Fragment payload, with fragment numbers and final
   * lengths (RFC 7383 §2.5): the numbers are authenticated with the rest.
   *
   * @param firstInner type of the first payload of the whole message
   * @param contentLength octets that follow: IV, ciphertext and tag
   */
  public static byte[] fragmentPrefix(
      IkeHeader header, int firstInner, Datagram.Fragment fragment, int contentLength) {
    ByteWriter w = new ByteWriter();
    header.write(w, PayloadType.ENCRYPTED_FRAGMENT);
    // §2.5: only the first fragment names the first payload inside.
    w.u8(fragment.number() == 1 ? firstInner : PayloadType.NONE).u8(0);
    w.u16(FRAGMENT_HEADER_LENGTH + contentLength);
    w.u16(fragment.number()).u16(fragment.total());
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
