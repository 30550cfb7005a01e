package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.secret.SecretBytes;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.List;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/**
 * AES-GCM with a 16-octet tag (RFC 5116 §5.1, RFC 4106) or ChaCha20-Poly1305 (RFC 8439, RFC 7634)
 * on a {@link Cipher} that is kept, so that the key schedule is made once. Not thread-safe.
 */
final class JdkAead implements Aead {
  private final String transformation;
  private final boolean gcm;
  private final Cipher sealing;
  private final Cipher opening;
  private final RawKey key;

  private JdkAead(String transformation, boolean gcm, RawKey key) {
    this.transformation = transformation;
    this.gcm = gcm;
    this.key = key;
    this.sealing = cipher(transformation);
    // SunJCE's guard against a nonce used twice counts opening too, but for AES-GCM.
    this.opening = gcm ? sealing : cipher(transformation);
  }

  private static Cipher cipher(String transformation) {
    try {
      return Cipher.getInstance(transformation, "SunJCE");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + transformation + " in SunJCE", e);
    }
  }

  static JdkAead aesGcm(SecretBytes key) {
    return new JdkAead("AES/GCM/NoPadding", true, new RawKey("AES", key));
  }

  static JdkAead chaCha20Poly1305(SecretBytes key) {
    return new JdkAead("ChaCha20-Poly1305", false, new RawKey("ChaCha20", key));
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
    OneArray.refuse(in, out);
    init(sealing, Cipher.ENCRYPT_MODE, nonce);
    try {
      sealing.updateAAD(aad, 0, aadLength);
      return sealing.doFinal(in, inOffset, inLength, out, outOffset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          transformation + " could not encrypt: is the output too short?", e);
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
    OneArray.refuse(in, out);
    if (inLength < TAG_LENGTH) {
      return -1;
    }
    init(opening, Cipher.DECRYPT_MODE, nonce);
    try {
      opening.updateAAD(aad, 0, aadLength);
      return opening.doFinal(in, inOffset, inLength, out, outOffset);
    } catch (AEADBadTagException forged) {
      return -1;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          transformation + " could not decrypt: is the output too short?", e);
    }
  }

  @Override
  public void destroy() {
    int length = key.length();
    key.destroy();
    try {
      // A new key makes SunJCE zero its copy of the last one.
      for (Cipher cipher : List.of(sealing, opening)) {
        cipher.init(
            Cipher.DECRYPT_MODE,
            RawKey.zeros(key.getAlgorithm(), length),
            parameters(new byte[NONCE_LENGTH]));
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(transformation + " refused a key of zeros", e);
    }
  }

  private void init(Cipher cipher, int mode, byte[] nonce) {
    try {
      cipher.init(mode, key, parameters(nonce));
    } catch (InvalidAlgorithmParameterException | InvalidKeyException e) {
      // SunJCE calls it a bad parameter for AES-GCM and a bad key for ChaCha20.
      throw new IllegalStateException(
          transformation + ": key refused, or nonce used twice: two packets are exposed", e);
    }
  }

  private AlgorithmParameterSpec parameters(byte[] nonce) {
    return gcm
        ? new GCMParameterSpec(TAG_LENGTH * 8, nonce, 0, NONCE_LENGTH)
        : new IvParameterSpec(nonce, 0, NONCE_LENGTH);
  }
}
