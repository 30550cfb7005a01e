package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;

/**
 * The keys of one IKE SA (RFC 7296 §2.14). Suffix i protects what the original initiator sends.
 *
 * @param skD from which child keys derive
 * @param skAi integrity key, initiator to responder; empty with an AEAD
 * @param skEi encryption key and salt, initiator to responder
 * @param skPi input to the initiator's AUTH
 */
public record IkeKeys(
    SecretBytes skD,
    SecretBytes skAi,
    SecretBytes skAr,
    SecretBytes skEi,
    SecretBytes skEr,
    SecretBytes skPi,
    SecretBytes skPr) {

  /**
   * The same with a post-quantum pre-shared key mixed in (RFC 8784 §3): SK_d, SK_pi and SK_pr
   * become prf+(PPK, SK'). SK_a and SK_e stay: the PPK does not protect this IKE SA itself. Copies,
   * so the old keys are to be destroyed on their own.
   */
  public IkeKeys withPpk(Prf prf, SecretBytes ppk) {
    return new IkeKeys(
        mixed(prf, ppk, skD),
        skAi.copy(),
        skAr.copy(),
        skEi.copy(),
        skEr.copy(),
        mixed(prf, ppk, skPi),
        mixed(prf, ppk, skPr));
  }

  private static SecretBytes mixed(Prf prf, SecretBytes ppk, SecretBytes key) {
    return key.use(k -> PrfPlus.expand(prf, ppk, k, k.length));
  }

  /** Zeroes all keys. */
  public void destroy() {
    skD.destroy();
    skAi.destroy();
    skAr.destroy();
    skEi.destroy();
    skEr.destroy();
    skPi.destroy();
    skPr.destroy();
  }
}
