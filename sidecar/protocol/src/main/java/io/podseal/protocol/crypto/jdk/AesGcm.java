package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.secret.SecretBytes;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES-GCM with a 16-octet tag (RFC 5116 §5.1, RFC 4106) on one {@link Cipher} that is kept, so that
 * the key schedule is made once. Not thread-safe.
 */
final class AesGcm implements Aead {
  private static final String TRANSFORMATION = "AES/GCM/NoPadding";

  private final Cipher cipher;
  private final RawKey key;

  AesGcm(SecretBytes key) {
    this.key = new RawKey("AES", key);
    try {
      this.cipher = Cipher.getInstance(TRANSFORMATION, "SunJCE");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + TRANSFORMATION + " in SunJCE", e);
    }
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
    init(Cipher.ENCRYPT_MODE, nonce);
    try {
      cipher.updateAAD(aad, 0, aadLength);
      return cipher.doFinal(in, inOffset, inLength, out, outOffset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM could not encrypt: is the output too short?", e);
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
    init(Cipher.DECRYPT_MODE, nonce);
    try {
      cipher.updateAAD(aad, 0, aadLength);
      return cipher.doFinal(in, inOffset, inLength, out, outOffset);
    } catch (AEADBadTagException forged) {
      return -1;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM could not decrypt: is the output too short?", e);
    }
  }

  @Override
  public void destroy() {
    int length = key.length();
    key.destroy();
    try {
      // A new key makes SunJCE zero its copy of the last one.
      cipher.init(
          Cipher.DECRYPT_MODE,
          RawKey.zeros("AES", length),
          new GCMParameterSpec(TAG_LENGTH * 8, new byte[NONCE_LENGTH]));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM refused a key of zeros", e);
    }
  }

  private void init(int mode, byte[] nonce) {
    try {
      cipher.init(mode, key, new GCMParameterSpec(TAG_LENGTH * 8, nonce, 0, NONCE_LENGTH));
    } catch (InvalidAlgorithmParameterException e) {
      throw new IllegalStateException("nonce used twice under one key: two packets are exposed", e);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("AES key refused by SunJCE", e);
    }
  }

  /** SunJCE leaves its fast path, or copies whole arrays, when it decrypts in place. */
  @SuppressWarnings("ReferenceEquality") // identity is the question here
  private static void refuseOneArray(byte[] in, byte[] out) {
    if (in == out) {
      throw new IllegalArgumentException("in and out must be different arrays");
    }
  }
}
