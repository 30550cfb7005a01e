package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.secret.SecretBytes;

/**
 * AES-GCM-16 and ChaCha20-Poly1305 (RFC 4106, RFC 7634): the nonce is salt | IV, the AAD is SPI |
 * sequence number. Allocates nothing per packet.
 *
 * <p>The IV is the 64-bit sequence number, so that no nonce repeats while the key lives.
 */
final class AeadProtection implements Protection {
  private final boolean esn;
  private final Aead aead;
  private final byte[] nonce;
  private final byte[] aad;
  private final int aadLength;

  /**
   * @param keymat key and salt as {@link EncryptionAlgorithm#keymatLength} says; copied
   */
  AeadProtection(
      CryptoProvider crypto,
      EncryptionAlgorithm algorithm,
      int spi,
      boolean esn,
      SecretBytes keymat) {
    if (keymat.length() != algorithm.keymatLength()) {
      throw new IllegalArgumentException(
          algorithm + " takes " + algorithm.keymatLength() + " octets of key and salt");
    }
    this.esn = esn;
    this.aad = new byte[esn ? 12 : 8];
    this.aadLength = aad.length;
    this.nonce = new byte[Aead.NONCE_LENGTH];
    BigEndian.putInt(aad, 0, spi);
    keymat.use(octets -> {
      System.arraycopy(octets, algorithm.keyLength(), nonce, 0, EncryptionAlgorithm.SALT_LENGTH);
      return nonce;
    });
    SecretBytes key = keymat.slice(0, algorithm.keyLength());
    try {
      this.aead = crypto.aead(algorithm, key);
    } finally {
      key.destroy();
    }
  }

  @Override
  public int ivLength() {
    return Esp.IV_LENGTH;
  }

  @Override
  public int alignment() {
    return Esp.ALIGNMENT;
  }

  @Override
  public int icvLength() {
    return Aead.TAG_LENGTH;
  }

  @Override
  public int seal(
      long sequence, int nextHeader, byte[] in, int offset, int length, byte[] out, int outOffset) {
    int end = Trailer.append(in, offset, length, Esp.ALIGNMENT, nextHeader);
    BigEndian.putLong(out, outOffset + Esp.IV_OFFSET, sequence);
    BigEndian.putLong(nonce, EncryptionAlgorithm.SALT_LENGTH, sequence);
    putSequence(sequence);
    return Esp.PAYLOAD_OFFSET
        + aead.seal(
            nonce, aad, aadLength, in, offset, end - offset, out, outOffset + Esp.PAYLOAD_OFFSET);
  }

  @Override
  public int open(long sequence, byte[] packet, int offset, int length, byte[] out, int outOffset) {
    putSequence(sequence);
    System.arraycopy(
        packet, offset + Esp.IV_OFFSET, nonce, EncryptionAlgorithm.SALT_LENGTH, Esp.IV_LENGTH);
    return aead.open(
        nonce,
        aad,
        aadLength,
        packet,
        offset + Esp.PAYLOAD_OFFSET,
        length - Esp.PAYLOAD_OFFSET,
        out,
        outOffset);
  }

  @Override
  public void destroy() {
    aead.destroy();
  }

  /** AAD is SPI | sequence, or SPI | high | low half with ESN, though only the low half is sent. */
  private void putSequence(long sequence) {
    if (esn) {
      BigEndian.putLong(aad, 4, sequence);
    } else {
      BigEndian.putInt(aad, 4, (int) sequence);
    }
  }
}
