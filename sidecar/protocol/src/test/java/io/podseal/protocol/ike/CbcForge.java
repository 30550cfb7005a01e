package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.wire.ByteWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** {@link Forge}'s half for IKE SAs under AES-256-CBC with HMAC-SHA-256. */
public final class CbcForge {
  static final IkeSuite SUITE =
      new IkeSuite(
          EncryptionAlgorithm.AES_CBC_256,
          Optional.of(IntegrityAlgorithm.HMAC_SHA2_256_128),
          PrfAlgorithm.HMAC_SHA2_256,
          KeyExchangeMethod.X25519,
          List.of());

  private static final int ICV_LENGTH = IntegrityAlgorithm.HMAC_SHA2_256_128.icvLength();
  private static final JdkCryptoProvider CRYPTO = new JdkCryptoProvider();

  private CbcForge() {}

  /** Whether the keys are those of such an SA: an AEAD has no key of integrity. */
  static boolean isFor(IkeKeys keys) {
    return keys.skAi().length() > 0;
  }

  static int contentLength(int plaintextLength) {
    return Cbc.BLOCK_LENGTH + roundedUp(plaintextLength) + ICV_LENGTH;
  }

  private static int roundedUp(int length) {
    return (length + Cbc.BLOCK_LENGTH - 1) / Cbc.BLOCK_LENGTH * Cbc.BLOCK_LENGTH;
  }

  /**
   * A message around any content.
   *
   * @param plaintext ends with the pad length, to which what fills the last block is added
   */
  static byte[] seal(IkeKeys keys, IkeHeader header, byte[] prefix, byte[] plaintext) {
    byte[] blocks = Arrays.copyOf(plaintext, roundedUp(plaintext.length));
    int padLength = plaintext[plaintext.length - 1] + blocks.length - plaintext.length;
    blocks[plaintext.length - 1] = 0;
    blocks[blocks.length - 1] = (byte) padLength;
    byte[] content = new byte[Cbc.BLOCK_LENGTH + blocks.length];
    boolean initiator = header.fromOriginalInitiator();
    CRYPTO
        .cbc(SUITE.encryption(), initiator ? keys.skEi() : keys.skEr())
        .encrypt(content, 0, blocks, 0, blocks.length, content, Cbc.BLOCK_LENGTH);
    return authenticated(keys, header, prefix, content);
  }

  /** A message whose ICV is right, whatever stands in the place of IV and ciphertext. */
  public static byte[] sealContent(IkeKeys keys, IkeHeader header, int firstInner, byte[] content) {
    byte[] prefix = MessageEncoder.encryptedPrefix(header, firstInner, content.length + ICV_LENGTH);
    return authenticated(keys, header, prefix, content);
  }

  private static byte[] authenticated(
      IkeKeys keys, IkeHeader header, byte[] prefix, byte[] content) {
    byte[] message =
        new ByteWriter().bytes(prefix).bytes(content).bytes(new byte[ICV_LENGTH]).toArray();
    Mac mac =
        CRYPTO.mac(
            SUITE.integrity().orElseThrow(),
            header.fromOriginalInitiator() ? keys.skAi() : keys.skAr());
    mac.update(message, 0, message.length - ICV_LENGTH);
    mac.finish(message, message.length - ICV_LENGTH);
    return message;
  }
}
