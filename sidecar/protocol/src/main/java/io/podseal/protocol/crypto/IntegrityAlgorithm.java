package io.podseal.protocol.crypto;

/**
 * INTEG transforms (transform type 3) by their IANA numbers, for AES-CBC and for AH: HMAC with a
 * key as long as the hash, cut to half of it (RFC 4868 §2.1). Lengths in octets.
 */
public enum IntegrityAlgorithm implements Algorithm {
  HMAC_SHA2_256_128(12, 32),
  HMAC_SHA2_384_192(13, 48),
  HMAC_SHA2_512_256(14, 64);

  private final int id;
  private final int keyLength;

  IntegrityAlgorithm(int id, int keyLength) {
    this.id = id;
    this.keyLength = keyLength;
  }

  public int id() {
    return id;
  }

  public int keyLength() {
    return keyLength;
  }

  /** Length of the Integrity Checksum Value on the wire. */
  public int icvLength() {
    return keyLength / 2;
  }
}
