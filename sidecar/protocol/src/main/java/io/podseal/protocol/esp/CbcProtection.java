package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;

/**
 * AES-CBC with HMAC (RFC 3602, RFC 4868): encrypts, then authenticates SPI, sequence number, IV and
 * ciphertext. For peers that have no AEAD; not made for speed.
 */
final class CbcProtection implements Protection {
  private static final int IV = Esp.IV_OFFSET;
  private static final int CIPHERTEXT = IV + Cbc.BLOCK_LENGTH;

  private final boolean esn;
  private final RandomSource random;
  private final Cbc cipher;
  private final Mac mac;
  private final int icvLength;
  private final byte[] sequenceHigh = new byte[4];
  private byte[] plain = new byte[2048];

  /**
   * @param random gives the IVs of what is sent
   * @param keymat encryption key, then integrity key; copied
   */
  CbcProtection(
      CryptoProvider crypto,
      RandomSource random,
      EncryptionAlgorithm encryption,
      IntegrityAlgorithm integrity,
      boolean esn,
      SecretBytes keymat) {
    int cipherKey = encryption.keyLength();
    if (keymat.length() != cipherKey + integrity.keyLength()) {
      throw new IllegalArgumentException(
          "%s with %s does not take %d octets of keys"
              .formatted(encryption, integrity, keymat.length()));
    }
    this.esn = esn;
    this.random = random;
    this.icvLength = integrity.icvLength();
    SecretBytes first = keymat.slice(0, cipherKey);
    SecretBytes second = keymat.slice(cipherKey, keymat.length());
    try {
      this.cipher = crypto.cbc(encryption, first);
      this.mac = crypto.mac(integrity, second);
    } finally {
      first.destroy();
      second.destroy();
    }
  }

  @Override
  public int ivLength() {
    return Cbc.BLOCK_LENGTH;
  }

  @Override
  public int alignment() {
    return Cbc.BLOCK_LENGTH;
  }

  @Override
  public int icvLength() {
    return icvLength;
  }

  @Override
  public int seal(
      long sequence, int nextHeader, byte[] in, int offset, int length, byte[] out, int outOffset) {
    // The room behind the payload is for a shorter trailer than ours.
    int most = length + Cbc.BLOCK_LENGTH + Esp.TRAILER_LENGTH;
    if (plain.length < most) {
      plain = new byte[most];
    }
    System.arraycopy(in, offset, plain, 0, length);
    int encrypted = Trailer.append(plain, 0, length, Cbc.BLOCK_LENGTH, nextHeader);
    // RFC 3602 §2.1: nobody can foresee it, and it is no counter.
    byte[] iv = random.bytes(Cbc.BLOCK_LENGTH);
    System.arraycopy(iv, 0, out, outOffset + IV, Cbc.BLOCK_LENGTH);
    cipher.encrypt(iv, 0, plain, 0, encrypted, out, outOffset + CIPHERTEXT);
    int authenticated = CIPHERTEXT + encrypted;
    authenticate(sequence, out, outOffset, authenticated);
    mac.finish(out, outOffset + authenticated);
    return authenticated + icvLength;
  }

  @Override
  public int open(long sequence, byte[] packet, int offset, int length, byte[] out, int outOffset) {
    int authenticated = length - icvLength;
    int encrypted = authenticated - CIPHERTEXT;
    if (encrypted < Cbc.BLOCK_LENGTH || encrypted % Cbc.BLOCK_LENGTH != 0) {
      return -1;
    }
    // RFC 4303 §3.4.4: the ICV first; what is forged is never decrypted.
    authenticate(sequence, packet, offset, authenticated);
    if (!mac.verify(packet, offset + authenticated)) {
      return -1;
    }
    cipher.decrypt(packet, offset + IV, packet, offset + CIPHERTEXT, encrypted, out, outOffset);
    return encrypted;
  }

  @Override
  public void destroy() {
    cipher.destroy();
    mac.destroy();
  }

  /** RFC 4303 §2.2.1: with ESN the high half follows what is sent, though it is not sent. */
  private void authenticate(long sequence, byte[] packet, int offset, int length) {
    mac.update(packet, offset, length);
    if (esn) {
      BigEndian.putInt(sequenceHigh, 0, (int) (sequence >>> 32));
      mac.update(sequenceHigh, 0, sequenceHigh.length);
    }
  }
}
