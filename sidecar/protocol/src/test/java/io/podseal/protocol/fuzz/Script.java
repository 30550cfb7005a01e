package io.podseal.protocol.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Splits an input into steps: an octet that says what, two octets of length, and as many octets. A
 * length beyond the end means the rest.
 */
final class Script {
  /** More steps tell nothing new and cost time. */
  private static final int MOST_STEPS = 12;

  private final byte[] input;
  private int position;
  private int steps;

  Script(byte[] input) {
    this.input = input;
  }

  @SuppressWarnings("ArrayRecordComponent") // read once
  record Step(int what, byte[] octets) {
    /** An octet, or 0 beyond the end. */
    int u8(int index) {
      return index < octets.length ? octets[index] & 0xff : 0;
    }

    byte[] from(int index) {
      return index >= octets.length
          ? new byte[0]
          : Arrays.copyOfRange(octets, index, octets.length);
    }
  }

  boolean hasNext() {
    return input.length - position >= 3 && steps < MOST_STEPS;
  }

  Step next() {
    steps++;
    int what = input[position] & 0xff;
    int length = (input[position + 1] & 0xff) << 8 | (input[position + 2] & 0xff);
    int from = position + 3;
    position = Math.min(input.length, from + length);
    return new Step(what, Arrays.copyOfRange(input, from, position));
  }

  /** Writes scripts. */
  static final class Writer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Writer step(int what, int... octets) {
      byte[] b = new byte[octets.length];
      for (int i = 0; i < b.length; i++) {
        b[i] = (byte) octets[i];
      }
      return step(what, b);
    }

    Writer step(int what, byte[] octets) {
      out.write(what);
      out.write(octets.length >>> 8);
      out.write(octets.length);
      out.writeBytes(octets);
      return this;
    }

    byte[] toArray() {
      return out.toByteArray();
    }
  }
}
