package io.podseal.protocol.ike;

/**
 * How much work a responder has with one key exchange, in units of about 200 microseconds: one
 * exchange with X25519.
 */
public final class KeyExchangeCost {
  private KeyExchangeCost() {}

  /** By transform ID; 0 for a method we do not know, which is refused without work. */
  public static int of(int method) {
    return switch (method) {
      // MODP 2048, 3072, 4096
      case 14 -> 20;
      case 15 -> 60;
      case 16 -> 130;
      // P-256, P-384, P-521
      case 19 -> 3;
      case 20 -> 8;
      case 21 -> 15;
      // X25519, X448; ML-KEM 512, 768, 1024
      case 31, 35, 36, 37 -> 1;
      case 32 -> 4;
      default -> 0;
    };
  }
}
