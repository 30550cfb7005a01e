package io.podseal.protocol.wire;

import java.util.Arrays;
import java.util.HexFormat;

/** An immutable octet string with value equality. Not for secrets: it prints itself in hex. */
public final class Bytes implements Comparable<Bytes> {
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private final byte[] octets;

  private Bytes(byte[] octets) {
    this.octets = octets;
  }

  public static Bytes copyOf(byte[] octets) {
    return octets.length == 0 ? EMPTY : new Bytes(octets.clone());
  }

  public static Bytes copyOf(byte[] octets, int offset, int length) {
    return length == 0 ? EMPTY : new Bytes(Arrays.copyOfRange(octets, offset, offset + length));
  }

  public static Bytes ofHex(String hex) {
    return new Bytes(HexFormat.of().parseHex(hex));
  }

  /** Four octets, big-endian. */
  public static Bytes ofInt(int value) {
    return new Bytes(
        new byte[] {
          (byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value
        });
  }

  /** Eight octets, big-endian. */
  public static Bytes ofLong(long value) {
    return new Bytes(new ByteWriter().u64(value).toArray());
  }

  public int length() {
    return octets.length;
  }

  public boolean isEmpty() {
    return octets.length == 0;
  }

  /** A copy. */
  public byte[] toArray() {
    return octets.clone();
  }

  public int u8(int index) {
    return octets[index] & 0xff;
  }

  public int u16(int index) {
    return u8(index) << 8 | u8(index + 1);
  }

  public int s32(int index) {
    return u16(index) << 16 | u16(index + 2);
  }

  public long s64(int index) {
    return (long) s32(index) << 32 | (s32(index + 4) & 0xffffffffL);
  }

  void copyTo(byte[] target, int offset) {
    System.arraycopy(octets, 0, target, offset, octets.length);
  }

  /** Octet by octet, unsigned; a prefix is lower (RFC 7296 §2.8.1). */
  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(octets, other.octets);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(octets, that.octets);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(octets);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(octets);
  }
}
