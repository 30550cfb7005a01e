package io.podseal.protocol.wire;

import io.podseal.protocol.telemetry.DropReason;

/**
 * Reads big-endian integers from a range of an array and never leaves it: reading past the end
 * throws {@link MalformedException}. Not thread-safe.
 */
public final class ByteReader {
  private final byte[] buffer;
  private final int end;
  private final DropReason onTruncation;
  private int position;

  public ByteReader(byte[] buffer, int offset, int length, DropReason onTruncation) {
    if (offset < 0 || length < 0 || offset > buffer.length - length) {
      throw new IllegalArgumentException("range outside the array");
    }
    this.buffer = buffer;
    this.position = offset;
    this.end = offset + length;
    this.onTruncation = onTruncation;
  }

  public int position() {
    return position;
  }

  public int remaining() {
    return end - position;
  }

  public int u8() throws MalformedException {
    need(1);
    return buffer[position++] & 0xff;
  }

  public int u16() throws MalformedException {
    need(2);
    int value = (buffer[position] & 0xff) << 8 | (buffer[position + 1] & 0xff);
    position += 2;
    return value;
  }

  public int s32() throws MalformedException {
    int high = u16();
    return high << 16 | u16();
  }

  public long s64() throws MalformedException {
    long high = s32();
    return high << 32 | (s32() & 0xffffffffL);
  }

  public Bytes bytes(int length) throws MalformedException {
    need(length);
    Bytes value = Bytes.copyOf(buffer, position, length);
    position += length;
    return value;
  }

  public Bytes rest() throws MalformedException {
    return bytes(remaining());
  }

  public void skip(int length) throws MalformedException {
    need(length);
    position += length;
  }

  /** A reader over the next {@code length} octets, which this reader skips. */
  public ByteReader slice(int length) throws MalformedException {
    need(length);
    ByteReader slice = new ByteReader(buffer, position, length, onTruncation);
    position += length;
    return slice;
  }

  private void need(int length) throws MalformedException {
    if (length < 0 || length > end - position) {
      throw new MalformedException(
          onTruncation, "needs " + length + " octets, has " + (end - position));
    }
  }
}
