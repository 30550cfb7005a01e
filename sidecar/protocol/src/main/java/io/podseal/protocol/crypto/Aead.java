package io.podseal.protocol.crypto;

/**
 * An AEAD cipher bound to one key, for one direction (RFC 5116): the nonce is salt(4) | IV(8), the
 * tag 16 octets.
 *
 * <p>Not thread-safe: one instance per direction and thread. {@code in} and {@code out} must be
 * different arrays. Allocates nothing that outlives the call.
 */
public interface Aead {
  int TAG_LENGTH = 16;
  int NONCE_LENGTH = 12;

  /**
   * Encrypts {@code in} and appends the tag.
   *
   * @param nonce 12 octets, unique under this key
   * @return octets written: {@code inLength + 16}
   */
  int seal(
      byte[] nonce,
      byte[] aad,
      int aadLength,
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset);

  /**
   * Verifies and decrypts {@code in} (ciphertext | tag).
   *
   * @return octets of plaintext written, or -1 when the tag does not verify or {@code in} is
   *     shorter than a tag
   */
  int open(
      byte[] nonce,
      byte[] aad,
      int aadLength,
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset);

  /** Zeroes the key as far as the implementation allows; the instance must not be used again. */
  void destroy();
}
