package io.podseal.protocol.crypto;

/** ENCR transforms (transform type 1) by their IANA numbers; lengths in octets. */
public enum EncryptionAlgorithm implements Algorithm {
  AES_GCM_16_128(20, 128, Shape.COMBINED),
  AES_GCM_16_256(20, 256, Shape.COMBINED),
  /** RFC 7634: the key has one length, so there is no Key Length attribute. */
  CHACHA20_POLY1305(28, 256, Shape.COMBINED_ONE_KEY_LENGTH),
  AES_CBC_128(12, 128, Shape.BLOCKS),
  AES_CBC_256(12, 256, Shape.BLOCKS);

  private enum Shape {
    COMBINED,
    COMBINED_ONE_KEY_LENGTH,
    BLOCKS
  }

  /** Salt that ends the key material of an AEAD (RFC 4106 §8.1, RFC 5282 §7.1, RFC 7634 §2). */
  public static final int SALT_LENGTH = 4;

  private final int id;
  private final int keyBits;
  private final Shape shape;

  EncryptionAlgorithm(int id, int keyBits, Shape shape) {
    this.id = id;
    this.keyBits = keyBits;
    this.shape = shape;
  }

  public int id() {
    return id;
  }

  /** Whether it carries its own integrity, so that no INTEG transform goes with it. */
  public boolean isAead() {
    return shape != Shape.BLOCKS;
  }

  /** Whether the Key Length attribute is required; where it is not, it is forbidden. */
  public boolean hasKeyLengthAttribute() {
    return shape != Shape.COMBINED_ONE_KEY_LENGTH;
  }

  /** Length of the key in bits, without the salt: the value of the Key Length attribute. */
  public int keyBits() {
    return keyBits;
  }

  public int keyLength() {
    return keyBits / 8;
  }

  public int saltLength() {
    return isAead() ? SALT_LENGTH : 0;
  }

  /** Length of the IV that every packet and message carries. */
  public int ivLength() {
    return isAead() ? Aead.NONCE_LENGTH - SALT_LENGTH : Cbc.BLOCK_LENGTH;
  }

  /** What the plaintext is padded to a multiple of; 1 when any length will do. */
  public int blockLength() {
    return isAead() ? 1 : Cbc.BLOCK_LENGTH;
  }

  /** Octets of key material one direction takes: key and salt. */
  public int keymatLength() {
    return keyLength() + saltLength();
  }
}
