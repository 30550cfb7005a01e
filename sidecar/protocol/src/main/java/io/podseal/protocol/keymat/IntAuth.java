package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;

/** How AUTH comes to cover IKE_INTERMEDIATE exchanges (RFC 9242 §3.3.2). */
public final class IntAuth {
  private static final int LENGTH_OFFSET = 24;
  private static final int GENERIC_HEADER = 4;

  private IntAuth() {}

  /**
   * One link: IntAuth(n) = prf(SK_p(n), [IntAuth(n-1)] | A | P).
   *
   * @param skP SK_pi for requests, SK_pr for responses, of the keys in force before this exchange
   * @param previous the link before, empty for the first
   * @param authenticated {@link #authenticated} of the message
   * @param plaintext payloads inside the Encrypted payload, without padding
   */
  public static Bytes link(
      Prf prf, SecretBytes skP, Bytes previous, byte[] authenticated, byte[] plaintext) {
    SecretBytes link = prf.apply(skP, previous.toArray(), authenticated, plaintext);
    Bytes octets = link.use(Bytes::copyOf);
    link.destroy();
    return octets;
  }

  /**
   * A: the message up to the content of the Encrypted payload, with the lengths that it would have
   * if it were not encrypted. A message that came in fragments is taken as the one it was cut from.
   *
   * @param prefix IKE header, clear payloads and the generic header of the Encrypted payload
   */
  public static byte[] authenticated(byte[] prefix, int plaintextLength) {
    byte[] a = prefix.clone();
    putInt(a, LENGTH_OFFSET, prefix.length + plaintextLength);
    int payloadLength = GENERIC_HEADER + plaintextLength;
    a[a.length - 2] = (byte) (payloadLength >>> 8);
    a[a.length - 1] = (byte) payloadLength;
    return a;
  }

  /**
   * What both AUTH values end with: IntAuth_i | IntAuth_r | IKE_AUTH_MID.
   *
   * @param initiator last link over requests
   * @param responder last link over responses
   * @param authMessageId message ID of the first IKE_AUTH
   */
  public static Bytes signedOctets(Bytes initiator, Bytes responder, int authMessageId) {
    return Bytes.copyOf(
        new ByteWriter()
            .bytes(initiator)
            .bytes(responder)
            .bytes(Bytes.ofInt(authMessageId))
            .toArray());
  }

  private static void putInt(byte[] target, int at, int value) {
    target[at] = (byte) (value >>> 24);
    target[at + 1] = (byte) (value >>> 16);
    target[at + 2] = (byte) (value >>> 8);
    target[at + 3] = (byte) value;
  }
}
