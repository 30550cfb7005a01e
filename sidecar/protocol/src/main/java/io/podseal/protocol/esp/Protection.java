package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.secret.SecretBytes;

/**
 * Encrypts and authenticates what follows SPI and sequence number of an ESP packet, for one
 * direction and one key. Confined to one thread.
 */
interface Protection {
  /**
   * What the suite of {@code keys} asks for.
   *
   * @param keymat of the direction
   */
  static Protection of(
      CryptoProvider crypto, RandomSource random, ChildSaKeys keys, int spi, SecretBytes keymat) {
    if (!(keys.suite() instanceof EspSuite suite)) {
      throw new IllegalArgumentException("not a suite of ESP: " + keys.suite());
    }
    return suite
        .integrity()
        .<Protection>map(
            i -> new CbcProtection(crypto, random, suite.encryption(), i, suite.esn(), keymat))
        .orElseGet(() -> new AeadProtection(crypto, suite.encryption(), spi, suite.esn(), keymat));
  }

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
