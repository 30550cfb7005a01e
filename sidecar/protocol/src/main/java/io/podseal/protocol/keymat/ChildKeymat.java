package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.util.Arrays;
import java.util.Optional;

/**
 * KEYMAT of one child SA (RFC 7296 §2.17): keys towards the responder of the exchange come first.
 *
 * @param initiatorToResponder key and salt
 */
public record ChildKeymat(SecretBytes initiatorToResponder, SecretBytes responderToInitiator) {

  /**
   * prf+(SK_d, [g^ir(new)] | Ni | Nr).
   *
   * @param sharedSecret of the exchange's own key exchange, if it had one
   */
  public static ChildKeymat derive(
      Prf prf,
      SecretBytes skD,
      Optional<SecretBytes> sharedSecret,
      Bytes nonceI,
      Bytes nonceR,
      EncryptionAlgorithm encryption) {
    byte[] nonces = new ByteWriter().bytes(nonceI).bytes(nonceR).toArray();
    byte[] seed = sharedSecret.map(s -> s.use(g -> concatenated(g, nonces))).orElse(nonces);
    int n = encryption.keymatLength();
    SecretBytes stream = PrfPlus.expand(prf, skD, seed, 2 * n);
    Arrays.fill(seed, (byte) 0);
    ChildKeymat keymat = new ChildKeymat(stream.slice(0, n), stream.slice(n, 2 * n));
    stream.destroy();
    return keymat;
  }

  private static byte[] concatenated(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
