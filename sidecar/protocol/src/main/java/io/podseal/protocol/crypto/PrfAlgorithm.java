package io.podseal.protocol.crypto;

/** PRF transforms (transform type 2) by their IANA numbers; lengths in octets. */
public enum PrfAlgorithm implements Algorithm {
  HMAC_SHA2_256(5, 32),
  HMAC_SHA2_384(6, 48),
  HMAC_SHA2_512(7, 64);

  private final int id;
  private final int length;

  PrfAlgorithm(int id, int length) {
    this.id = id;
    this.length = length;
  }

  public int id() {
    return id;
  }

  /** Output length, which is also the preferred key length. */
  public int length() {
    return length;
  }
}
