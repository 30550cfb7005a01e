package io.podseal.protocol.esp;

/**
 * Encrypts and authenticates what follows SPI and sequence number of an ESP packet, for one
 * direction and one key. Confined to one thread.
 */
interface Protection {
  /** Octets of the IV on the wire. */
  int ivLength();

  /** What payload, padding, Pad Length and Next Header together are a multiple of. */
  int alignment();

  int icvLength();

  /**
   * Writes IV, encrypted payload with its trailer, and ICV behind the SPI and sequence number that
   * stand at {@code outOffset}.
   *
   * @param sequence all 64 bits of it
   * @param in has {@link Esp#TRAILER_ROOM} octets of room behind the payload, which may be
   *     overwritten
   * @return length of the whole ESP packet
   */
  int seal(
      long sequence, int nextHeader, byte[] in, int offset, int length, byte[] out, int outOffset);

  /**
   * Verifies the ESP packet at {@code offset} and then decrypts it; nothing is decrypted that is
   * not authentic.
   *
   * @param length at least SPI, sequence number, IV and ICV
   * @return octets of payload with its trailer, or -1 when the packet is not authentic
   */
  int open(long sequence, byte[] packet, int offset, int length, byte[] out, int outOffset);

  /** Zeroes the keys as far as the crypto provider allows. */
  void destroy();
}
