package io.podseal.protocol.ike;

import java.util.Arrays;
import java.util.Optional;

/** What protects Encrypted payloads in one direction; used by one thread. */
sealed interface SkProtection permits AeadProtection, CbcProtection {
  /** Octets of IV, ciphertext and ICV for {@code innerLength} octets of payloads. */
  int contentLength(int innerLength);

  /**
   * Writes the content of a message.
   *
   * @param message ends where its content ends
   * @param offset where the content begins; what stands before it is authenticated
   */
  void seal(byte[] message, int offset, byte[] inner);

  /** The payloads inside, or empty when the ICV does not verify or the padding cannot be. */
  Optional<byte[]> open(byte[] message, int offset);

  void destroy();

  /**
   * Takes padding and pad length off; what the padding holds does not matter (RFC 7296 §3.14).
   * Zeroes {@code plaintext}.
   */
  static Optional<byte[]> withoutPadding(byte[] plaintext, int length) {
    int padding = plaintext[length - 1] & 0xff;
    Optional<byte[]> inner =
        padding > length - 1
            ? Optional.empty()
            : Optional.of(Arrays.copyOf(plaintext, length - 1 - padding));
    Arrays.fill(plaintext, (byte) 0);
    return inner;
  }
}
