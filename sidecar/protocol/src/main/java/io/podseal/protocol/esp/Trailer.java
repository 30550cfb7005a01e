package io.podseal.protocol.esp;

import io.podseal.protocol.telemetry.DropReason;

/** Padding, Pad Length and Next Header behind a payload (RFC 4303 §2.4-2.6). */
final class Trailer {
  private Trailer() {}

  /**
   * Writes a trailer behind {@code length} octets of payload.
   *
   * @param alignment a power of two
   * @return where it ends
   */
  static int append(byte[] b, int offset, int length, int alignment, int nextHeader) {
    // RFC 4303 §2.4: payload, padding and trailer end on the alignment; padding counts 1, 2, 3.
    int padLength = -(length + Esp.TRAILER_LENGTH) & (alignment - 1);
    int end = offset + length;
    for (int i = 1; i <= padLength; i++) {
      b[end++] = (byte) i;
    }
    b[end++] = (byte) padLength;
    b[end++] = (byte) nextHeader;
    return end;
  }

  /** Next Header of {@code opened} octets of payload and trailer. */
  static int nextHeader(byte[] b, int offset, int opened) {
    return b[offset + opened - 1] & 0xff;
  }

  /** Octets of payload without its trailer, or the code of {@link DropReason#ESP_PADDING}. */
  static int strip(byte[] b, int offset, int opened) {
    int padLength = b[offset + opened - Esp.TRAILER_LENGTH] & 0xff;
    int payloadLength = opened - Esp.TRAILER_LENGTH - padLength;
    if (payloadLength < 0) {
      return DropReason.ESP_PADDING.code();
    }
    // RFC 4303 §2.4: a receiver that knows the padding should inspect it.
    for (int i = 1; i <= padLength; i++) {
      if ((b[offset + payloadLength + i - 1] & 0xff) != i) {
        return DropReason.ESP_PADDING.code();
      }
    }
    return payloadLength;
  }
}
