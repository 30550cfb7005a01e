package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Seals and opens Encrypted payloads, whole or fragments (RFC 7383), with an AEAD (RFC 5282).
 *
 * <pre>
 * generic header(4, of a fragment 8) | IV(8) | ciphertext of (payloads | padding | pad length) | ICV(16)
 * </pre>
 */
final class SkCipher {
  private static final int IV_LENGTH = 8;

  private final Direction sealing;
  private final Direction opening;
  private long iv;
  private boolean destroyed;

  SkCipher(CryptoProvider crypto, EncryptionAlgorithm algorithm, IkeKeys keys, boolean initiator) {
    Direction fromInitiator = new Direction(crypto, algorithm, keys.skEi());
    Direction fromResponder = new Direction(crypto, algorithm, keys.skEr());
    sealing = initiator ? fromInitiator : fromResponder;
    opening = initiator ? fromResponder : fromInitiator;
  }

  byte[] seal(IkeHeader header, List<? extends Payload> payloads) {
    byte[] inner = MessageEncoder.inner(payloads);
    byte[] prefix =
        MessageEncoder.encryptedPrefix(
            header, MessageEncoder.firstType(payloads), sealedLength(inner.length));
    byte[] message = seal(prefix, inner, 0, inner.length);
    Arrays.fill(inner, (byte) 0);
    return message;
  }

  /** One fragment of a message: {@code length} octets of {@code inner} (RFC 7383 §2.5). */
  byte[] sealFragment(
      IkeHeader header,
      int firstInner,
      Datagram.Fragment fragment,
      byte[] inner,
      int offset,
      int length) {
    return seal(
        MessageEncoder.fragmentPrefix(header, firstInner, fragment, sealedLength(length)),
        inner,
        offset,
        length);
  }

  /** Octets of IV, ciphertext and ICV around so much content. */
  int sealedLength(int contentLength) {
    return IV_LENGTH + contentLength + 1 + Aead.TAG_LENGTH;
  }

  /** The most content that, sealed, is not longer than {@code sealedLength}. */
  int contentLength(int sealedLength) {
    return sealedLength - IV_LENGTH - 1 - Aead.TAG_LENGTH;
  }

  boolean isDestroyed() {
    return destroyed;
  }

  private byte[] seal(byte[] prefix, byte[] inner, int offset, int length) {
    // RFC 5282 §3: no padding is needed; the last octet is the pad length.
    byte[] plaintext = new byte[length + 1];
    System.arraycopy(inner, offset, plaintext, 0, length);
    // RFC 5282 §4: an IV must never repeat under one key; a counter cannot.
    iv++;
    byte[] explicit = new ByteWriter().u64(iv).toArray();
    byte[] message =
        Arrays.copyOf(prefix, prefix.length + IV_LENGTH + plaintext.length + Aead.TAG_LENGTH);
    System.arraycopy(explicit, 0, message, prefix.length, IV_LENGTH);
    sealing.aead.seal(
        sealing.nonce(explicit, 0),
        prefix,
        prefix.length,
        plaintext,
        0,
        plaintext.length,
        message,
        prefix.length + IV_LENGTH);
    Arrays.fill(plaintext, (byte) 0);
    return message;
  }

  /** The payloads inside without padding, or empty when the ICV does not verify. */
  Optional<byte[]> open(Datagram datagram) {
    int offset = datagram.encrypted().orElseThrow().offset();
    byte[] message = datagram.bytes();
    int sealedLength = message.length - offset - IV_LENGTH;
    if (sealedLength < Aead.TAG_LENGTH + 1) {
      return Optional.empty();
    }
    byte[] plaintext = new byte[sealedLength];
    int length =
        opening.aead.open(
            opening.nonce(message, offset),
            message,
            offset,
            message,
            offset + IV_LENGTH,
            sealedLength,
            plaintext,
            0);
    if (length < 1) {
      return Optional.empty();
    }
    int padding = plaintext[length - 1] & 0xff;
    if (padding > length - 1) {
      return Optional.empty();
    }
    byte[] inner = Arrays.copyOf(plaintext, length - 1 - padding);
    Arrays.fill(plaintext, (byte) 0);
    return Optional.of(inner);
  }

  void destroy() {
    destroyed = true;
    sealing.destroy();
    opening.destroy();
  }

  private static final class Direction {
    final Aead aead;
    private final SecretBytes salt;
    private final byte[] nonce = new byte[Aead.NONCE_LENGTH];

    Direction(CryptoProvider crypto, EncryptionAlgorithm algorithm, SecretBytes keyAndSalt) {
      SecretBytes key = keyAndSalt.slice(0, algorithm.keyLength());
      aead = crypto.aead(algorithm, key);
      key.destroy();
      salt = keyAndSalt.slice(algorithm.keyLength(), algorithm.keymatLength());
    }

    /** RFC 5282 §4: salt | IV; good until the next call. */
    byte[] nonce(byte[] ivHolder, int ivOffset) {
      int saltLength =
          salt.use(s -> {
            System.arraycopy(s, 0, nonce, 0, s.length);
            return s.length;
          });
      System.arraycopy(ivHolder, ivOffset, nonce, saltLength, IV_LENGTH);
      return nonce;
    }

    void destroy() {
      aead.destroy();
      salt.destroy();
      Arrays.fill(nonce, (byte) 0);
    }
  }
}
