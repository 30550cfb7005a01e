package io.podseal.protocol.crypto;

/**
 * AES in CBC mode bound to one key, for one direction, without padding (RFC 3602). Gives no
 * integrity: what it decrypts must have been verified by a {@link Mac} before.
 *
 * <p>Not thread-safe: one instance per direction and thread. {@code in} and {@code out} must be
 * different arrays, and {@code length} a multiple of {@link #BLOCK_LENGTH}.
 */
public interface Cbc {
  int BLOCK_LENGTH = 16;

  /**
   * @param iv holds 16 octets at {@code ivOffset} that nobody could foresee (RFC 3602 §2.1)
   */
  void encrypt(
      byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset);

  void decrypt(
      byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset);

  /** Zeroes the key as far as the implementation allows; the instance must not be used again. */
  void destroy();
}
