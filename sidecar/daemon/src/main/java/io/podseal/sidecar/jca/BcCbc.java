package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Arrays;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.modes.CBCModeCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** AES-CBC without padding (RFC 3602). Not thread-safe. */
final class BcCbc implements Cbc {
  private final CBCModeCipher cipher = CBCBlockCipher.newInstance(AESEngine.newInstance());
  private final SecretBytes key;

  BcCbc(SecretBytes key) {
    this.key = key.copy();
  }

  @Override
  public void encrypt(
      byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    run(true, iv, ivOffset, in, inOffset, length, out, outOffset);
  }

  @Override
  public void decrypt(
      byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    run(false, iv, ivOffset, in, inOffset, length, out, outOffset);
  }

  @SuppressWarnings("ReferenceEquality") // identity is the question here
  private void run(
      boolean encrypt,
      byte[] iv,
      int ivOffset,
      byte[] in,
      int inOffset,
      int length,
      byte[] out,
      int outOffset) {
    if (in == out) {
      throw new IllegalArgumentException("in and out must be different arrays");
    }
    if (length % BLOCK_LENGTH != 0) {
      throw new IllegalArgumentException(length + " octets are not whole blocks");
    }
    cipher.init(
        encrypt,
        new ParametersWithIV(
            key.use(KeyParameter::new), Arrays.copyOfRange(iv, ivOffset, ivOffset + BLOCK_LENGTH)));
    for (int at = 0; at < length; at += BLOCK_LENGTH) {
      cipher.processBlock(in, inOffset + at, out, outOffset + at);
    }
  }

  @Override
  public void destroy() {
    key.destroy();
    cipher.init(
        false,
        new ParametersWithIV(new KeyParameter(new byte[key.length()]), new byte[BLOCK_LENGTH]));
  }
}
