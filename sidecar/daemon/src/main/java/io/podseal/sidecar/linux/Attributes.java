package io.podseal.sidecar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * Writes and finds netlink attributes: {@code length(2) type(2) value}, padded to 4 octets, in the
 * byte order of the machine (netlink(7)). Not safe for use by several threads.
 */
public final class Attributes {
  private static final int HEADER_LENGTH = 4;
  private static final int TYPE_MASK = 0x3fff;

  private final ByteBuffer buffer = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());

  /** Begins with the header of the message's family. */
  public static Attributes after(byte... familyHeader) {
    Attributes attributes = new Attributes();
    attributes.buffer.put(familyHeader);
    return attributes;
  }

  /** Adds one attribute. */
  public Attributes octets(int type, byte[] value) {
    buffer.putShort((short) (HEADER_LENGTH + value.length));
    buffer.putShort((short) type);
    buffer.put(value);
    while (buffer.position() % 4 != 0) {
      buffer.put((byte) 0);
    }
    return this;
  }

  /** Adds one octet. */
  public Attributes u8(int type, int value) {
    return octets(type, new byte[] {(byte) value});
  }

  /** Adds 32 bits in the byte order of the machine. */
  public Attributes u32(int type, int value) {
    return octets(type, ints(value));
  }

  /** Two 16-bit numbers, such as a range of ports. */
  public Attributes u16Pair(int type, int first, int second) {
    return octets(
        type,
        ByteBuffer.allocate(4)
            .order(ByteOrder.nativeOrder())
            .putShort((short) first)
            .putShort((short) second)
            .array());
  }

  /** Adds attributes within an attribute. */
  public Attributes nested(int type, Attributes inner) {
    return octets(type, inner.toArray());
  }

  /** The octets so far. */
  public byte[] toArray() {
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  /** 32-bit numbers in the byte order of the machine. */
  public static byte[] ints(int... values) {
    ByteBuffer result = ByteBuffer.allocate(values.length * 4).order(ByteOrder.nativeOrder());
    for (int value : values) {
      result.putInt(value);
    }
    return result.array();
  }

  /** The value of the first attribute of {@code type} behind a family header. */
  public static Optional<ByteBuffer> find(ByteBuffer body, int familyHeaderLength, int type) {
    int at = familyHeaderLength;
    while (at + HEADER_LENGTH <= body.limit()) {
      int length = body.getShort(at) & 0xffff;
      if (length < HEADER_LENGTH || at + length > body.limit()) {
        return Optional.empty();
      }
      if ((body.getShort(at + 2) & TYPE_MASK) == type) {
        return Optional.of(
            body.slice(at + HEADER_LENGTH, length - HEADER_LENGTH).order(ByteOrder.nativeOrder()));
      }
      at += (length + 3) & ~3;
    }
    return Optional.empty();
  }
}
