package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.secret.SecretBytes;

/** Turns the key material of one direction into a cipher, nonce and AAD (RFC 4106 §4, §5, §8.1). */
final class Keymat {
  private Keymat() {}

  static Aead aead(CryptoProvider crypto, EncryptionAlgorithm algorithm, SecretBytes keymat) {
    if (keymat.length() != algorithm.keymatLength()) {
      throw new IllegalArgumentException(
          algorithm + " takes " + algorithm.keymatLength() + " octets of key and salt");
    }
    SecretBytes key = keymat.slice(0, algorithm.keyLength());
    try {
      return crypto.aead(algorithm, key);
    } finally {
      key.destroy();
    }
  }

  /** A nonce that begins with the salt; the IV follows per packet. */
  static byte[] nonce(EncryptionAlgorithm algorithm, SecretBytes keymat) {
    byte[] nonce = new byte[Aead.NONCE_LENGTH];
    keymat.use(octets -> {
      System.arraycopy(octets, algorithm.keyLength(), nonce, 0, EncryptionAlgorithm.SALT_LENGTH);
      return nonce;
    });
    return nonce;
  }

  /** AAD is SPI | sequence, or SPI | high | low half with ESN, though only the low half is sent. */
  static void putSequence(byte[] aad, boolean esn, long sequence) {
    if (esn) {
      BigEndian.putLong(aad, 4, sequence);
    } else {
      BigEndian.putInt(aad, 4, (int) sequence);
    }
  }
}
