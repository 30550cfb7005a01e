package io.podseal.protocol.ike;

import io.podseal.protocol.keymat.PskAuth;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.security.MessageDigest;

/**
 * What AUTH covers besides the identities (RFC 7296 §2.15, RFC 9242 §3.3.2).
 *
 * @param request the final IKE_SA_INIT request, without non-ESP marker
 * @param response its answer
 * @param usesPpk whether both ends said USE_PPK (RFC 8784)
 */
record AuthMaterial(
    byte[] request,
    byte[] response,
    Bytes nonceI,
    Bytes nonceR,
    boolean usesPpk,
    Intermediates intermediates) {

  AuthMaterial(byte[] request, byte[] response, Bytes nonceI, Bytes nonceR, boolean usesPpk) {
    this(request, response, nonceI, nonceR, usesPpk, new Intermediates());
  }

  /**
   * @param messageId of the first IKE_AUTH message
   */
  SecretBytes initiatorAuth(Session session, SecretBytes psk, IdPayload idI, int messageId) {
    return PskAuth.compute(
        session.prf(),
        psk,
        request,
        nonceR,
        session.keys().skPi(),
        idI.body(),
        intermediates.signedOctets(messageId));
  }

  SecretBytes responderAuth(Session session, SecretBytes psk, IdPayload idR, int messageId) {
    return PskAuth.compute(
        session.prf(),
        psk,
        response,
        nonceI,
        session.keys().skPr(),
        idR.body(),
        intermediates.signedOctets(messageId));
  }

  /** Whether {@code received} is {@code expected}, in constant time; zeroes {@code expected}. */
  static boolean verifies(Bytes received, SecretBytes expected) {
    boolean equal = expected.use(e -> MessageDigest.isEqual(e, received.toArray()));
    expected.destroy();
    return equal;
  }

  static boolean verifies(AuthPayload received, SecretBytes expected) {
    boolean equal = verifies(received.data(), expected);
    return equal && received.method() == AuthPayload.SHARED_KEY_MIC;
  }
}
