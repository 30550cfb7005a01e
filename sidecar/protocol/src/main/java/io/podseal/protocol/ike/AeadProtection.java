package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import java.util.Arrays;
import java.util.Optional;

/** An AEAD (RFC 5282, RFC 7634): IV(8) | ciphertext | ICV(16), nonce = salt(4) | IV. */
final class AeadProtection implements SkProtection {
  private static final int IV_LENGTH = 8;

  private final Aead aead;
  private final SecretBytes salt;
  private final byte[] nonce = new byte[Aead.NONCE_LENGTH];
  private long iv;

  /**
   * @param keyAndSalt copied
   */
  AeadProtection(CryptoProvider crypto, EncryptionAlgorithm algorithm, SecretBytes keyAndSalt) {
    SecretBytes key = keyAndSalt.slice(0, algorithm.keyLength());
    aead = crypto.aead(algorithm, key);
    key.destroy();
    salt = keyAndSalt.slice(algorithm.keyLength(), algorithm.keymatLength());
  }

  @Override
  public int contentLength(int innerLength) {
    return IV_LENGTH + innerLength + 1 + Aead.TAG_LENGTH;
  }

  @Override
  public void seal(byte[] message, int offset, byte[] inner) {
    // RFC 5282 §3: no padding is needed; the last octet is the pad length.
    byte[] plaintext = Arrays.copyOf(inner, inner.length + 1);
    // RFC 5282 §4: an IV must never repeat under one key; a counter cannot.
    iv++;
    System.arraycopy(new ByteWriter().u64(iv).toArray(), 0, message, offset, IV_LENGTH);
    aead.seal(
        nonce(message, offset),
        message,
        offset,
        plaintext,
        0,
        plaintext.length,
        message,
        offset + IV_LENGTH);
    Arrays.fill(plaintext, (byte) 0);
  }

  @Override
  public Optional<byte[]> open(byte[] message, int offset) {
    int sealedLength = message.length - offset - IV_LENGTH;
    if (sealedLength < Aead.TAG_LENGTH + 1) {
      return Optional.empty();
    }
    byte[] plaintext = new byte[sealedLength];
    int length =
        aead.open(
            nonce(message, offset),
            message,
            offset,
            message,
            offset + IV_LENGTH,
            sealedLength,
            plaintext,
            0);
    return length < 1 ? Optional.empty() : SkProtection.withoutPadding(plaintext, length);
  }

  /** RFC 5282 §4: salt | IV; good until the next call. */
  private byte[] nonce(byte[] message, int ivOffset) {
    int saltLength =
        salt.use(s -> {
          System.arraycopy(s, 0, nonce, 0, s.length);
          return s.length;
        });
    System.arraycopy(message, ivOffset, nonce, saltLength, IV_LENGTH);
    return nonce;
  }

  @Override
  public void destroy() {
    aead.destroy();
    salt.destroy();
    Arrays.fill(nonce, (byte) 0);
  }
}
