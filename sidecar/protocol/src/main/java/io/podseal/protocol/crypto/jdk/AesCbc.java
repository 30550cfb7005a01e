package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.secret.SecretBytes;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;

/** AES-CBC without padding (RFC 3602) on one {@link Cipher} that is kept. Not thread-safe. */
final class AesCbc implements Cbc {
  private static final String TRANSFORMATION = "AES/CBC/NoPadding";

  private final Cipher cipher;
  private final RawKey key;

  AesCbc(SecretBytes key) {
    this.key = new RawKey("AES", key);
    try {
      this.cipher = Cipher.getInstance(TRANSFORMATION, "SunJCE");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + TRANSFORMATION + " in SunJCE", e);
    }
  }

  @Override
  public void encrypt(
      byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    run(Cipher.ENCRYPT_MODE, iv, ivOffset, in, inOffset, length, out, outOffset);
  }

  @Override
  public void decrypt(
      byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    run(Cipher.DECRYPT_MODE, iv, ivOffset, in, inOffset, length, out, outOffset);
  }

  private void run(
      int mode,
      byte[] iv,
      int ivOffset,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset) {
    OneArray.refuse(in, out);
    if (length % BLOCK_LENGTH != 0) {
      throw new IllegalArgumentException(length + " octets are not whole blocks");
    }
    try {
      cipher.init(mode, key, new IvParameterSpec(iv, ivOffset, BLOCK_LENGTH));
      cipher.doFinal(in, inOffset, length, out, outOffset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-CBC failed: is the output too short?", e);
    }
  }

  @Override
  public void destroy() {
    int length = key.length();
    key.destroy();
    try {
      // A new key makes SunJCE drop its copy of the last one.
      cipher.init(
          Cipher.DECRYPT_MODE,
          RawKey.zeros("AES", length),
          new IvParameterSpec(new byte[BLOCK_LENGTH]));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-CBC refused a key of zeros", e);
    }
  }
}
