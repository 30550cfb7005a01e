package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;

/** AUTH values for pre-shared keys (RFC 7296 §2.15). */
public final class PskAuth {
  private static final byte[] KEY_PAD = "Key Pad for IKEv2".getBytes(StandardCharsets.US_ASCII);

  private PskAuth() {}

  /** AUTH of an SA without IKE_INTERMEDIATE. */
  public static SecretBytes compute(
      Prf prf, SecretBytes psk, byte[] message, Bytes otherNonce, SecretBytes skP, byte[] idBody) {
    return compute(prf, psk, message, otherNonce, skP, idBody, Bytes.EMPTY);
  }

  /**
   * AUTH = prf(prf(PSK, "Key Pad for IKEv2"), message | nonce | prf(SK_p, ID') [| IntAuth]).
   *
   * @param message our or the peer's whole final IKE_SA_INIT message
   * @param otherNonce nonce of the end that did not send {@code message}
   * @param skP SK_pi for the initiator's AUTH, SK_pr for the responder's
   * @param idBody ID payload after its generic header
   * @param intAuth what {@link IntAuth#signedOctets} gives, empty without IKE_INTERMEDIATE
   */
  public static SecretBytes compute(
      Prf prf,
      SecretBytes psk,
      byte[] message,
      Bytes otherNonce,
      SecretBytes skP,
      byte[] idBody,
      Bytes intAuth) {
    SecretBytes macedId = prf.apply(skP, idBody);
    SecretBytes padded = prf.apply(psk, KEY_PAD);
    SecretBytes auth =
        macedId.use(id -> prf.apply(padded, message, otherNonce.toArray(), id, intAuth.toArray()));
    macedId.destroy();
    padded.destroy();
    return auth;
  }
}
