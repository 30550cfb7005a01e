package io.podseal.protocol.esp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Network-order integers in byte arrays, without allocation. */
final class BigEndian {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private BigEndian() {}

  static int getShort(byte[] b, int offset) {
    return (short) SHORT.get(b, offset) & 0xffff;
  }

  static void putShort(byte[] b, int offset, int value) {
    SHORT.set(b, offset, (short) value);
  }

  static int getInt(byte[] b, int offset) {
    return (int) INT.get(b, offset);
  }

  static void putInt(byte[] b, int offset, int value) {
    INT.set(b, offset, value);
  }

  static void putLong(byte[] b, int offset, long value) {
    LONG.set(b, offset, value);
  }
}
