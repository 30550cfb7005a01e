package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.util.List;

/**
 * KEYMAT of one child SA (RFC 7296 §2.17): keys towards the responder of the exchange come first,
 * and of each direction the encryption key, the salt, the integrity key.
 *
 * @param initiatorToResponder all keys of this direction, without gaps
 */
public record ChildKeymat(SecretBytes initiatorToResponder, SecretBytes responderToInitiator) {

  /**
   * prf+(SK_d, [SK(0)] | Ni | Nr [| SK(1) | ...]); destroys no argument.
   *
   * @param sharedSecrets of the exchange's own key exchange and of its additional ones (RFC 9370
   *     §2.2.4), in order; empty without perfect forward secrecy
   * @param length octets of one direction
   */
  public static ChildKeymat derive(
      Prf prf,
      SecretBytes skD,
      List<SecretBytes> sharedSecrets,
      Bytes nonceI,
      Bytes nonceR,
      int length) {
    SecretBytes seed = SharedSecrets.seed(sharedSecrets, nonceI, nonceR);
    SecretBytes stream = seed.use(s -> PrfPlus.expand(prf, skD, s, 2 * length));
    seed.destroy();
    ChildKeymat keymat = new ChildKeymat(stream.slice(0, length), stream.slice(length, 2 * length));
    stream.destroy();
    return keymat;
  }
}
