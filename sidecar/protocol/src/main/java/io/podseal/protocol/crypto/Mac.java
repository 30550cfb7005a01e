package io.podseal.protocol.crypto;

import java.security.MessageDigest;

/**
 * An integrity algorithm bound to one key: takes a message in pieces and ends with its ICV. Not
 * thread-safe.
 */
public interface Mac {
  IntegrityAlgorithm algorithm();

  /** The next piece of the message. */
  void update(byte[] in, int offset, int length);

  /**
   * Ends the message and writes {@code algorithm().icvLength()} octets of ICV; the next piece
   * begins another message.
   */
  void finish(byte[] out, int outOffset);

  /** Ends the message and says, in constant time, whether this is its ICV. */
  default boolean verify(byte[] in, int icvOffset) {
    int length = algorithm().icvLength();
    byte[] expected = new byte[length];
    finish(expected, 0);
    byte[] received = new byte[length];
    System.arraycopy(in, icvOffset, received, 0, length);
    return MessageDigest.isEqual(expected, received);
  }

  /** Zeroes the key as far as the implementation allows; the instance must not be used again. */
  void destroy();
}
