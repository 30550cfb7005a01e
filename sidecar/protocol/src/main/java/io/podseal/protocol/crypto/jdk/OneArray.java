package io.podseal.protocol.crypto.jdk;

/** SunJCE leaves its fast path, or copies whole arrays, when it works in place. */
final class OneArray {
  private OneArray() {}

  @SuppressWarnings("ReferenceEquality") // identity is the question here
  static void refuse(byte[] in, byte[] out) {
    if (in == out) {
      throw new IllegalArgumentException("in and out must be different arrays");
    }
  }
}
