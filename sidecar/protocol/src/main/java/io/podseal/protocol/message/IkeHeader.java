package io.podseal.protocol.message;

import io.podseal.protocol.wire.ByteWriter;
import java.util.HexFormat;

/**
 * The IKE header (RFC 7296 §3.1) without Next Payload and Length, which the codec owns.
 *
 * <pre>
 *  0                   1                   2                   3
 * +---------------------------------------------------------------+
 * |                   IKE SA Initiator's SPI (8)                   |
 * |                   IKE SA Responder's SPI (8)                   |
 * +---------------+-------+-------+---------------+---------------+
 * | Next Payload  | Major | Minor | Exchange Type |     Flags     |
 * |                          Message ID                           |
 * |                            Length                             |
 * +---------------------------------------------------------------+
 * </pre>
 *
 * @param fromOriginalInitiator I flag: the sender began this IKE SA, not this exchange
 * @param response R flag
 * @param messageId unsigned 32 bits
 */
public record IkeHeader(
    long spiInitiator,
    long spiResponder,
    ExchangeType exchange,
    boolean fromOriginalInitiator,
    boolean response,
    int messageId) {
  public static final int LENGTH = 28;
  static final int VERSION_2_0 = 0x20;
  static final int FLAG_INITIATOR = 0x08;
  static final int FLAG_RESPONSE = 0x20;
  static final int LENGTH_OFFSET = 24;
  static final int NEXT_PAYLOAD_OFFSET = 16;

  void write(ByteWriter w, int nextPayload) {
    w.u64(spiInitiator).u64(spiResponder);
    w.u8(nextPayload).u8(VERSION_2_0).u8(exchange.id());
    w.u8((fromOriginalInitiator ? FLAG_INITIATOR : 0) | (response ? FLAG_RESPONSE : 0));
    w.u32(messageId).u32(0);
  }

  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return exchange
        + (response ? " response " : " request ")
        + Integer.toUnsignedString(messageId)
        + " "
        + hex.toHexDigits(spiInitiator)
        + ":"
        + hex.toHexDigits(spiResponder);
  }
}
