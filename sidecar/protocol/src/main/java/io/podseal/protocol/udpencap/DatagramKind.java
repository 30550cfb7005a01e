package io.podseal.protocol.udpencap;

import io.podseal.protocol.telemetry.DropReason;
import org.jspecify.annotations.Nullable;

/** What a datagram on UDP 4500 is (RFC 3948 §2, RFC 4303 §2.1). */
public enum DatagramKind {
  /** An IKE message behind {@link #MARKER_LENGTH} zero octets. */
  IKE(null),
  /** An ESP packet with an SPI that may name an SA. */
  ESP(null),
  /** One octet 0xFF: keeps a NAT mapping alive, says nothing. */
  KEEPALIVE(DropReason.KEEPALIVE),
  /** Too short for either protocol. */
  TOO_SHORT(DropReason.DATAGRAM_TOO_SHORT),
  /** ESP with an SPI of 1 to 255. */
  RESERVED_SPI(DropReason.ESP_RESERVED_SPI);

  /** The non-ESP marker. */
  public static final int MARKER_LENGTH = 4;

  private static final int IKE_HEADER_LENGTH = 28;
  private static final int LOWEST_SPI = 256;
  private static final byte KEEPALIVE_OCTET = (byte) 0xff;

  private final @Nullable DropReason dropReason;

  DatagramKind(@Nullable DropReason dropReason) {
    this.dropReason = dropReason;
  }

  /** Why the datagram goes no further; null for IKE and ESP. */
  public @Nullable DropReason dropReason() {
    return dropReason;
  }

  /** Classifies {@code length} octets at {@code offset}; any octets are fine. */
  public static DatagramKind of(byte[] b, int offset, int length) {
    if (length == 1 && b[offset] == KEEPALIVE_OCTET) {
      return KEEPALIVE;
    }
    if (length < MARKER_LENGTH) {
      return TOO_SHORT;
    }
    int spi =
        ((b[offset] & 0xff) << 24)
            | ((b[offset + 1] & 0xff) << 16)
            | ((b[offset + 2] & 0xff) << 8)
            | (b[offset + 3] & 0xff);
    if (spi == 0) {
      return length < MARKER_LENGTH + IKE_HEADER_LENGTH ? TOO_SHORT : IKE;
    }
    return Integer.compareUnsigned(spi, LOWEST_SPI) < 0 ? RESERVED_SPI : ESP;
  }
}
