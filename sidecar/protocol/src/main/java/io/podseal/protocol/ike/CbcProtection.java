package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Arrays;
import java.util.Optional;

/**
 * AES-CBC with a separate integrity algorithm (RFC 7296 §3.14): IV(16) | ciphertext | ICV, where
 * the ICV covers the message from its first octet up to itself.
 */
final class CbcProtection implements SkProtection {
  private static final int IV_LENGTH = Cbc.BLOCK_LENGTH;

  private final Cbc cbc;
  private final Mac mac;
  private final RandomSource random;
  private final int icvLength;

  /**
   * @param key of encryption; both keys are copied
   */
  CbcProtection(
      CryptoProvider crypto,
      RandomSource random,
      EncryptionAlgorithm encryption,
      IntegrityAlgorithm integrity,
      SecretBytes key,
      SecretBytes integrityKey) {
    this.cbc = crypto.cbc(encryption, key);
    this.mac = crypto.mac(integrity, integrityKey);
    this.random = random;
    this.icvLength = integrity.icvLength();
  }

  @Override
  public int contentLength(int innerLength) {
    return IV_LENGTH + paddedLength(innerLength) + icvLength;
  }

  /** Payloads, padding and pad length fill whole blocks. */
  private static int paddedLength(int innerLength) {
    return (innerLength / Cbc.BLOCK_LENGTH + 1) * Cbc.BLOCK_LENGTH;
  }

  @Override
  public void seal(byte[] message, int offset, byte[] inner) {
    // §3.14: an IV that nobody can foresee, never the end of the last ciphertext.
    byte[] iv = random.bytes(IV_LENGTH);
    System.arraycopy(iv, 0, message, offset, IV_LENGTH);
    byte[] plaintext = Arrays.copyOf(inner, paddedLength(inner.length));
    plaintext[plaintext.length - 1] = (byte) (plaintext.length - inner.length - 1);
    cbc.encrypt(iv, 0, plaintext, 0, plaintext.length, message, offset + IV_LENGTH);
    Arrays.fill(plaintext, (byte) 0);
    mac.update(message, 0, message.length - icvLength);
    mac.finish(message, message.length - icvLength);
  }

  @Override
  public Optional<byte[]> open(byte[] message, int offset) {
    int length = message.length - offset - IV_LENGTH - icvLength;
    if (length < Cbc.BLOCK_LENGTH || length % Cbc.BLOCK_LENGTH != 0) {
      return Optional.empty();
    }
    // Verified before anything is decrypted: padding must not become an oracle.
    mac.update(message, 0, message.length - icvLength);
    if (!mac.verify(message, message.length - icvLength)) {
      return Optional.empty();
    }
    byte[] plaintext = new byte[length];
    cbc.decrypt(message, offset, message, offset + IV_LENGTH, length, plaintext, 0);
    return SkProtection.withoutPadding(plaintext, length);
  }

  @Override
  public void destroy() {
    cbc.destroy();
    mac.destroy();
  }
}
