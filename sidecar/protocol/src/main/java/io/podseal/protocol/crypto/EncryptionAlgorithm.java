package io.podseal.protocol.crypto;

/** ENCR transforms (transform type 1) that carry their own integrity; lengths in octets. */
public enum EncryptionAlgorithm {
  AES_GCM_16_128(20, 128),
  AES_GCM_16_256(20, 256);

  /** Salt that ends the key material of GCM (RFC 4106 §8.1, RFC 5282 §7.1). */
  public static final int SALT_LENGTH = 4;

  private final int id;
  private final int keyBits;

  EncryptionAlgorithm(int id, int keyBits) {
    this.id = id;
    this.keyBits = keyBits;
  }

  public int id() {
    return id;
  }

  /** Value of the Key Length attribute, in bits, without the salt. */
  public int keyBits() {
    return keyBits;
  }

  public int keyLength() {
    return keyBits / 8;
  }

  /** Octets of key material one direction takes: key and salt. */
  public int keymatLength() {
    return keyLength() + SALT_LENGTH;
  }
}
