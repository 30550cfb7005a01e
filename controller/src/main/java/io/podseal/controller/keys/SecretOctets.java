package io.podseal.controller.keys;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Key material: zeroed by {@link #close}, never printed, compared in constant time.
 *
 * <p>Not synchronised: the owner decides which thread closes it.
 */
public final class SecretOctets implements AutoCloseable {
  private final byte[] octets;
  private boolean closed;

  private SecretOctets(byte[] octets) {
    this.octets = octets;
  }

  /** Takes ownership of {@code octets}; the caller must not keep a reference. */
  static SecretOctets adopt(byte[] octets) {
    return new SecretOctets(octets);
  }

  /**
   * Lends the octets to {@code reader}, which must neither keep nor change the array.
   *
   * @throws IllegalStateException after {@link #close}
   */
  public <T> T use(Function<byte[], T> reader) {
    if (closed) {
      throw new IllegalStateException("secret used after it was closed");
    }
    return reader.apply(octets);
  }

  /** How many octets there are. */
  public int length() {
    return octets.length;
  }

  /** Zeroes the octets; idempotent. */
  @Override
  public void close() {
    Arrays.fill(octets, (byte) 0);
    closed = true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecretOctets that && MessageDigest.isEqual(octets, that.octets);
  }

  /** Reveals the length only. */
  @Override
  public int hashCode() {
    return octets.length;
  }

  @Override
  public String toString() {
    return "SecretOctets[" + octets.length + "]";
  }
}
