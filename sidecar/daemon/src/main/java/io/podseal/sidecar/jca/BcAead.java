package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Arrays;
import java.util.function.Supplier;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.modes.AEADCipher;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * AES-GCM with a 16-octet tag (RFC 5116 §5.1), or ChaCha20-Poly1305 (RFC 8439). Not thread-safe.
 */
final class BcAead implements Aead {
  // One for each direction: Bouncy Castle's guard against a nonce used twice counts opening too.
  private final AEADCipher sealing;
  private final Supplier<? extends AEADCipher> factory;
  private AEADCipher opening;
  private final SecretBytes key;

  private BcAead(Supplier<? extends AEADCipher> factory, SecretBytes key) {
    this.factory = factory;
    this.sealing = factory.get();
    this.opening = factory.get();
    this.key = key.copy();
  }

  static BcAead aesGcm(SecretBytes key) {
    return new BcAead(() -> GCMBlockCipher.newInstance(AESEngine.newInstance()), key);
  }

  static BcAead chaCha20Poly1305(SecretBytes key) {
    return new BcAead(ChaCha20Poly1305::new, key);
  }

  @Override
  public int seal(
      byte[] nonce,
      byte[] aad,
      int aadLength,
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset) {
    refuseOneArray(in, out);
    try {
      sealing.init(true, parameters(nonce));
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("nonce used twice under one key: two packets are exposed", e);
    }
    try {
      return process(sealing, aad, aadLength, in, inOffset, inLength, out, outOffset);
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException(sealing.getAlgorithmName() + " could not encrypt", e);
    }
  }

  @Override
  public int open(
      byte[] nonce,
      byte[] aad,
      int aadLength,
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset) {
    refuseOneArray(in, out);
    if (inLength < TAG_LENGTH) {
      return -1;
    }
    opening.init(false, parameters(nonce));
    try {
      return process(opening, aad, aadLength, in, inOffset, inLength, out, outOffset);
    } catch (InvalidCipherTextException forged) {
      // Bouncy Castle hands plaintext out before it knows the tag.
      Arrays.fill(out, outOffset, outOffset + inLength - TAG_LENGTH, (byte) 0);
      // ... and its ChaCha20-Poly1305 cannot be used again after a forgery.
      opening = factory.get();
      return -1;
    }
  }

  @Override
  public void destroy() {
    key.destroy();
    AEADParameters zeros =
        new AEADParameters(
            new KeyParameter(new byte[key.length()]), TAG_LENGTH * 8, new byte[NONCE_LENGTH]);
    sealing.init(false, zeros);
    opening.init(false, zeros);
  }

  private AEADParameters parameters(byte[] nonce) {
    return new AEADParameters(
        key.use(KeyParameter::new), TAG_LENGTH * 8, Arrays.copyOf(nonce, NONCE_LENGTH));
  }

  private static int process(
      AEADCipher cipher,
      byte[] aad,
      int aadLength,
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset)
      throws InvalidCipherTextException {
    cipher.processAADBytes(aad, 0, aadLength);
    int length = cipher.processBytes(in, inOffset, inLength, out, outOffset);
    return length + cipher.doFinal(out, outOffset + length);
  }

  @SuppressWarnings("ReferenceEquality") // identity is the question here
  private static void refuseOneArray(byte[] in, byte[] out) {
    if (in == out) {
      throw new IllegalArgumentException("in and out must be different arrays");
    }
  }
}
