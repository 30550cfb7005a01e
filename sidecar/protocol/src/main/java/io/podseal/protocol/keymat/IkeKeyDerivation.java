package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.util.List;
import java.util.Optional;

/**
 * Derives the keys of one IKE SA, as often as its key exchanges need; destroys no argument.
 *
 * @param integrity empty with an AEAD
 * @param nonceI of the exchange that began this SA
 * @param spiI of this SA
 */
public record IkeKeyDerivation(
    Prf prf,
    EncryptionAlgorithm encryption,
    Optional<IntegrityAlgorithm> integrity,
    Bytes nonceI,
    Bytes nonceR,
    long spiI,
    long spiR) {
  /** RFC 7296 §2.14: SKEYSEED = prf(Ni | Nr, g^ir). */
  public IkeKeys initial(SecretBytes sharedSecret) {
    SecretBytes nonces = SecretBytes.adopt(nonces());
    SecretBytes skeyseed = sharedSecret.use(g -> prf.apply(nonces, g));
    nonces.destroy();
    return expand(skeyseed);
  }

  /**
   * RFC 7296 §2.18, RFC 9370 §2.2.4: SKEYSEED = prf(SK_d(old), SK(0) | Ni | Nr | SK(1) | ...).
   *
   * <p>The PRF of both SAs is the same one: a rekey offers no other.
   *
   * @param sharedSecrets of the key exchange and its additional ones, in order
   */
  public IkeKeys rekeyed(SecretBytes oldSkD, List<SecretBytes> sharedSecrets) {
    SecretBytes seed = SharedSecrets.seed(sharedSecrets, nonceI, nonceR);
    SecretBytes skeyseed = seed.use(s -> prf.apply(oldSkD, s));
    seed.destroy();
    return expand(skeyseed);
  }

  /**
   * RFC 9370 §2.2.2, after an additional key exchange: SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni |
   * Nr).
   */
  public IkeKeys updated(SecretBytes previousSkD, SecretBytes sharedSecret) {
    return rekeyed(previousSkD, List.of(sharedSecret));
  }

  private byte[] nonces() {
    return new ByteWriter().bytes(nonceI).bytes(nonceR).toArray();
  }

  /**
   * RFC 7296 §2.14: {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, ...).
   */
  private IkeKeys expand(SecretBytes skeyseed) {
    byte[] seed = new ByteWriter().bytes(nonces()).u64(spiI).u64(spiR).toArray();
    int p = prf.algorithm().length();
    int a = integrity.map(IntegrityAlgorithm::keyLength).orElse(0);
    int e = encryption.keymatLength();
    SecretBytes stream = PrfPlus.expand(prf, skeyseed, seed, 3 * p + 2 * a + 2 * e);
    skeyseed.destroy();
    KeyStream keys = new KeyStream(stream);
    IkeKeys cut =
        new IkeKeys(
            keys.next(p),
            keys.next(a),
            keys.next(a),
            keys.next(e),
            keys.next(e),
            keys.next(p),
            keys.next(p));
    stream.destroy();
    return cut;
  }

  /** RFC 7296 §2.13: keys are cut one after the other, without gaps. */
  private static final class KeyStream {
    private final SecretBytes stream;
    private int at;

    KeyStream(SecretBytes stream) {
      this.stream = stream;
    }

    SecretBytes next(int length) {
      at += length;
      return stream.slice(at - length, at);
    }
  }
}
