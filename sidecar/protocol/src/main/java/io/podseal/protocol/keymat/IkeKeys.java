package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;

/**
 * The keys of one IKE SA (RFC 7296 §2.14). Suffix i protects what the original initiator sends.
 *
 * @param skD from which child keys derive
 * @param skEi encryption key and salt, initiator to responder
 * @param skPi input to the initiator's AUTH
 */
public record IkeKeys(
    SecretBytes skD, SecretBytes skEi, SecretBytes skEr, SecretBytes skPi, SecretBytes skPr) {

  /** SKEYSEED = prf(Ni | Nr, g^ir), then {SK_d|SK_ei|SK_er|SK_pi|SK_pr} = prf+; no SK_a (AEAD). */
  public static IkeKeys derive(
      Prf prf,
      EncryptionAlgorithm encryption,
      SecretBytes sharedSecret,
      Bytes nonceI,
      Bytes nonceR,
      long spiI,
      long spiR) {
    SecretBytes nonces = SecretBytes.adopt(new ByteWriter().bytes(nonceI).bytes(nonceR).toArray());
    SecretBytes skeyseed = sharedSecret.use(g -> prf.apply(nonces, g));
    nonces.destroy();
    return expand(prf, encryption, skeyseed, nonceI, nonceR, spiI, spiR);
  }

  /**
   * Keys of the SA that rekeys another (§2.18): SKEYSEED = prf(SK_d(old), g^ir(new) | Ni | Nr).
   *
   * @param prf of the old SA, which the new one keeps
   */
  public static IkeKeys rekey(
      Prf prf,
      EncryptionAlgorithm encryption,
      SecretBytes oldSkD,
      SecretBytes sharedSecret,
      Bytes nonceI,
      Bytes nonceR,
      long spiI,
      long spiR) {
    SecretBytes skeyseed =
        sharedSecret.use(g -> prf.apply(oldSkD, g, nonceI.toArray(), nonceR.toArray()));
    return expand(prf, encryption, skeyseed, nonceI, nonceR, spiI, spiR);
  }

  private static IkeKeys expand(
      Prf prf,
      EncryptionAlgorithm encryption,
      SecretBytes skeyseed,
      Bytes nonceI,
      Bytes nonceR,
      long spiI,
      long spiR) {
    byte[] seed = new ByteWriter().bytes(nonceI).bytes(nonceR).u64(spiI).u64(spiR).toArray();
    int p = prf.algorithm().length();
    int e = encryption.keymatLength();
    SecretBytes stream = PrfPlus.expand(prf, skeyseed, seed, 3 * p + 2 * e);
    skeyseed.destroy();
    IkeKeys keys =
        new IkeKeys(
            stream.slice(0, p),
            stream.slice(p, p + e),
            stream.slice(p + e, p + 2 * e),
            stream.slice(p + 2 * e, 2 * p + 2 * e),
            stream.slice(2 * p + 2 * e, 3 * p + 2 * e));
    stream.destroy();
    return keys;
  }

  /** Zeroes all keys. */
  public void destroy() {
    skD.destroy();
    skEi.destroy();
    skEr.destroy();
    skPi.destroy();
    skPr.destroy();
  }
}
