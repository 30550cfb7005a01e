package io.podseal.protocol.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A fast 64-bit hash and a stream of octets from it. */
final class Mix {
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private Mix() {}

  static long word(byte[] from, int offset) {
    return (long) WORDS.get(from, offset);
  }

  static void putWord(long value, byte[] target) {
    WORDS.set(target, 0, value);
  }

  /** Every input bit moves every output bit: the finalizer of SplitMix64. */
  static long mix(long value) {
    long z = value;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  static long hash(long seed, byte[] data, int offset, int length) {
    long state = mix(seed + STEP) ^ length;
    int end = offset + length;
    int at = offset;
    for (; at + 8 <= end; at += 8) {
      state = mix(state * STEP + word(data, at));
    }
    long rest = 0;
    for (; at < end; at++) {
      rest = rest << 8 | (data[at] & 0xff);
    }
    return mix(state * STEP + rest);
  }

  static byte[] expand(long state, int length) {
    byte[] out = new byte[(length + 7) / 8 * 8];
    for (int at = 0; at < length; at += 8) {
      WORDS.set(out, at, mix(state + STEP * (at / 8 + 1)));
    }
    return out.length == length ? out : Arrays.copyOf(out, length);
  }
}
