package io.podseal.protocol.ike;

import io.podseal.protocol.keymat.PskAuth;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.security.MessageDigest;

/**
 * What AUTH covers besides the identities (RFC 7296 §2.15).
 *
 * @param request the final IKE_SA_INIT request, without non-ESP marker
 * @param response its answer
 */
record AuthMaterial(byte[] request, byte[] response, Bytes nonceI, Bytes nonceR) {

  SecretBytes initiatorAuth(Session session, SecretBytes psk, IdPayload idI) {
    return PskAuth.compute(session.prf(), psk, request, nonceR, session.keys().skPi(), idI.body());
  }

  /** Whether {@code received} is {@code expected}, in constant time; zeroes {@code expected}. */
  static boolean verifies(AuthPayload received, SecretBytes expected) {
    boolean equal = expected.use(e -> MessageDigest.isEqual(e, received.data().toArray()));
    expected.destroy();
    return equal && received.method() == AuthPayload.SHARED_KEY_MIC;
  }

  SecretBytes responderAuth(Session session, SecretBytes psk, IdPayload idR) {
    return PskAuth.compute(session.prf(), psk, response, nonceI, session.keys().skPr(), idR.body());
  }
}
