package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.Aead;

/**
 * Offsets and lengths of an ESP packet with an AEAD, in octets (RFC 4303 §2, RFC 4106 §3). Other
 * suites have another IV, another alignment and another ICV.
 *
 * <pre>
 *  0               4               8              16
 * +---------------+---------------+---------------+---------//--------+-----+----+----+------//---+
 * |      SPI      |   Sequence    |      IV       |      payload      | pad | PL | NH |  ICV (16) |
 * +---------------+---------------+---------------+---------//--------+-----+----+----+------//---+
 *                                                 |------------ encrypted ------------|
 * </pre>
 */
public final class Esp {
  /** SPIs below are reserved (RFC 4303 §2.1). */
  public static final int LOWEST_SPI = 256;

  /** Usable replay window; wide, because data crosses several queues on its way. */
  public static final int REPLAY_WINDOW = 1024;

  static final int SEQUENCE_OFFSET = 4;
  static final int IV_OFFSET = 8;
  static final int PAYLOAD_OFFSET = 16;
  static final int IV_LENGTH = PAYLOAD_OFFSET - IV_OFFSET;

  /** Pad Length and Next Header. */
  static final int TRAILER_LENGTH = 2;

  static final int ALIGNMENT = 4;

  /** Room that {@link OutboundSa} may take behind the payload, for the trailer of an AEAD. */
  public static final int TRAILER_ROOM = ALIGNMENT - 1 + TRAILER_LENGTH;

  /** The most a sealed packet with an AEAD is longer than its payload. */
  public static final int MAX_OVERHEAD = PAYLOAD_OFFSET + TRAILER_ROOM + Aead.TAG_LENGTH;

  /** Next Header of a packet that carries nothing (RFC 4303 §2.6). */
  public static final int NO_NEXT_HEADER = 59;

  private static final int IPV4_HEADER = 20;
  private static final int UDP_HEADER = 8;

  /** In front of UDP-encapsulated ESP. */
  static final int OUTER_HEADERS = IPV4_HEADER + UDP_HEADER;

  private Esp() {}

  /**
   * Longest inner IPv4 packet, with a header of 20 octets, whose UDP-encapsulated ESP fits a link
   * of {@code linkMtu} without outer fragments.
   */
  public static int innerLimit(int linkMtu) {
    int sealed = linkMtu - OUTER_HEADERS - PAYLOAD_OFFSET - Aead.TAG_LENGTH;
    return IPV4_HEADER + sealed / ALIGNMENT * ALIGNMENT - TRAILER_LENGTH;
  }

  /** Whether an SPI may name an SA. */
  static boolean isUsableSpi(int spi) {
    return Integer.compareUnsigned(spi, LOWEST_SPI) >= 0;
  }

  static int requireUsableSpi(int spi) {
    if (!isUsableSpi(spi)) {
      throw new IllegalArgumentException("SPI " + spi + " is reserved (RFC 4303 §2.1)");
    }
    return spi;
  }
}
