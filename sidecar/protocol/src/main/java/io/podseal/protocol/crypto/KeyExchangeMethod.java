package io.podseal.protocol.crypto;

/**
 * Key exchange methods (transform type 4, and ADDKE of RFC 9370) by their IANA numbers; lengths in
 * octets of KE payload data.
 */
public enum KeyExchangeMethod implements Algorithm {
  X25519(31, Family.CURVE25519, 32, 32),
  P256(19, Family.ECP, 64, 64),
  P384(20, Family.ECP, 96, 96),
  P521(21, Family.ECP, 132, 132),
  MODP_2048(14, Family.MODP, 256, 256),
  MODP_3072(15, Family.MODP, 384, 384),
  MODP_4096(16, Family.MODP, 512, 512),
  ML_KEM_512(35, Family.ML_KEM, 800, 768),
  ML_KEM_768(36, Family.ML_KEM, 1184, 1088),
  ML_KEM_1024(37, Family.ML_KEM, 1568, 1568);

  /** What the mathematics is. */
  public enum Family {
    /** RFC 8031. */
    CURVE25519,
    /** Elliptic curves over a prime field, RFC 5903. */
    ECP,
    /** Exponentiation modulo a prime, RFC 3526. */
    MODP,
    /** FIPS 203: the responder encapsulates a secret to the initiator's key. */
    ML_KEM
  }

  /** What answering a request costs, for whoever rations it. */
  public enum Cost {
    /** Up to some tenths of a millisecond. */
    LOW,
    /** About a millisecond. */
    MEDIUM,
    /** Ten milliseconds and more. */
    HIGH
  }

  private final int id;
  private final Family family;
  private final int requestLength;
  private final int responseLength;

  KeyExchangeMethod(int id, Family family, int requestLength, int responseLength) {
    this.id = id;
    this.family = family;
    this.requestLength = requestLength;
    this.responseLength = responseLength;
  }

  public int id() {
    return id;
  }

  public Family family() {
    return family;
  }

  public boolean isKem() {
    return family == Family.ML_KEM;
  }

  public boolean isModp() {
    return family == Family.MODP;
  }

  public Cost cost() {
    return switch (family) {
      case CURVE25519, ML_KEM -> Cost.LOW;
      case ECP -> Cost.MEDIUM;
      case MODP -> Cost.HIGH;
    };
  }

  /** What the initiator sends. */
  public int requestLength() {
    return requestLength;
  }

  /** What the responder sends. */
  public int responseLength() {
    return responseLength;
  }

  /** Length of the shared secret, leading zeros included. */
  public int sharedSecretLength() {
    return switch (family) {
      case CURVE25519, ML_KEM -> 32;
      // RFC 5903 §7: the x coordinate only.
      case ECP -> requestLength / 2;
      case MODP -> requestLength;
    };
  }
}
