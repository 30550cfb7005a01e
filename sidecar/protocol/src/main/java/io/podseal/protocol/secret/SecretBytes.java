package io.podseal.protocol.secret;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Holds key material: zeroed by {@link #destroy}, never printed, compared in constant time.
 *
 * <p>Every read goes through {@link #use}, so that all places that touch key bytes can be found by
 * name. Not synchronised: the owner decides which thread destroys it.
 */
public final class SecretBytes {
  private final byte[] bytes;
  private boolean destroyed;

  private SecretBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Copies {@code bytes}; the caller keeps, and zeroes, its own array. */
  public static SecretBytes copyOf(byte[] bytes) {
    return new SecretBytes(bytes.clone());
  }

  /** Takes ownership of {@code bytes}; the caller must not keep a reference. */
  public static SecretBytes adopt(byte[] bytes) {
    return new SecretBytes(bytes);
  }

  /** Copies {@code length} octets from {@code offset}. */
  public static SecretBytes copyOf(byte[] bytes, int offset, int length) {
    return new SecretBytes(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  public int length() {
    return bytes.length;
  }

  /**
   * Lends the octets to {@code reader}, which must neither keep nor change the array.
   *
   * @throws IllegalStateException after {@link #destroy}
   */
  public <T> T use(Function<byte[], T> reader) {
    if (destroyed) {
      throw new IllegalStateException("secret used after it was destroyed");
    }
    return reader.apply(bytes);
  }

  /** A new secret with the octets {@code [from, to)}. */
  public SecretBytes slice(int from, int to) {
    return use(b -> adopt(Arrays.copyOfRange(b, from, to)));
  }

  /** A copy that lives and dies on its own. */
  public SecretBytes copy() {
    return slice(0, bytes.length);
  }

  /** Zeroes the octets; idempotent. */
  public void destroy() {
    Arrays.fill(bytes, (byte) 0);
    destroyed = true;
  }

  public boolean isDestroyed() {
    return destroyed;
  }

  /** Constant-time equality of the octets. */
  @Override
  public boolean equals(Object other) {
    return other instanceof SecretBytes that && MessageDigest.isEqual(bytes, that.bytes);
  }

  /** Reveals the length only. */
  @Override
  public int hashCode() {
    return bytes.length;
  }

  @Override
  public String toString() {
    return "SecretBytes[" + bytes.length + " octets]";
  }
}
