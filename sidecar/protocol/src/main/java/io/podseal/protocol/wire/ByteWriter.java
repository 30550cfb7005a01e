package io.podseal.protocol.wire;

import java.util.Arrays;

/** Writes big-endian integers into a growing array. Not thread-safe. */
public final class ByteWriter {
  private byte[] buffer = new byte[512];
  private int length;

  public int length() {
    return length;
  }

  public ByteWriter u8(int value) {
    grow(1);
    buffer[length++] = (byte) value;
    return this;
  }

  public ByteWriter u16(int value) {
    return u8(value >>> 8).u8(value);
  }

  public ByteWriter u32(int value) {
    return u16(value >>> 16).u16(value);
  }

  public ByteWriter u64(long value) {
    return u32((int) (value >>> 32)).u32((int) value);
  }

  public ByteWriter bytes(Bytes value) {
    grow(value.length());
    value.copyTo(buffer, length);
    length += value.length();
    return this;
  }

  public ByteWriter bytes(byte[] value) {
    grow(value.length);
    System.arraycopy(value, 0, buffer, length, value.length);
    length += value.length;
    return this;
  }

  /** Overwrites two octets written before. */
  public void setU16(int at, int value) {
    buffer[at] = (byte) (value >>> 8);
    buffer[at + 1] = (byte) value;
  }

  /** Overwrites four octets written before. */
  public void setU32(int at, int value) {
    setU16(at, value >>> 16);
    setU16(at + 2, value);
  }

  public void setU8(int at, int value) {
    buffer[at] = (byte) value;
  }

  public byte[] toArray() {
    return Arrays.copyOf(buffer, length);
  }

  private void grow(int more) {
    if (length + more > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
    }
  }
}
