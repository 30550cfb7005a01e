package io.podseal.e2e.capture;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The fixed header of an IKE message (RFC 7296 section 3.1), as far as an onlooker can read it.
 *
 * @param exchangeType such as 34 for IKE_SA_INIT
 */
public record IkeHeader(
    long initiatorSpi, long responderSpi, int exchangeType, boolean response, int messageId) {
  private static final int LENGTH = 28;
  private static final int RESPONSE_FLAG = 0x20;

  /** Reads the header at index 0 of {@code message}; empty if it is no IKEv2 header. */
  public static Optional<IkeHeader> in(ByteBuffer message) {
    if (message.limit() < LENGTH || message.get(17) >> 4 != 2) {
      return Optional.empty();
    }
    return Optional.of(
        new IkeHeader(
            message.getLong(0),
            message.getLong(8),
            Byte.toUnsignedInt(message.get(18)),
            (message.get(19) & RESPONSE_FLAG) != 0,
            message.getInt(20)));
  }

  /** Returns the exchange as the RFCs name it. */
  public String exchange() {
    return switch (exchangeType) {
      case 34 -> "IKE_SA_INIT";
      case 35 -> "IKE_AUTH";
      case 36 -> "CREATE_CHILD_SA";
      case 37 -> "INFORMATIONAL";
      case 43 -> "IKE_INTERMEDIATE";
      default -> "exchange " + exchangeType;
    };
  }
}
