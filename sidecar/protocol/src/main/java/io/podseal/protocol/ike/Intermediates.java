package io.podseal.protocol.ike;

import io.podseal.protocol.keymat.IntAuth;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.util.List;

/** What IKE_INTERMEDIATE exchanges add to both AUTH values (RFC 9242 §3.3.2). */
final class Intermediates {
  private Bytes requests = Bytes.EMPTY;
  private Bytes responses = Bytes.EMPTY;

  /** A request of ours or the peer's, with the keys in force before its exchange. */
  void request(Session session, IkeHeader header, List<? extends Payload> payloads, byte[] inner) {
    requests = link(session, session.keys().skPi(), requests, header, payloads, inner);
  }

  void response(Session session, IkeHeader header, List<? extends Payload> payloads, byte[] inner) {
    responses = link(session, session.keys().skPr(), responses, header, payloads, inner);
  }

  private static Bytes link(
      Session session,
      SecretBytes skP,
      Bytes previous,
      IkeHeader header,
      List<? extends Payload> payloads,
      byte[] inner) {
    byte[] prefix =
        MessageEncoder.encryptedPrefix(header, MessageEncoder.firstType(payloads), inner.length);
    return IntAuth.link(
        session.prf(), skP, previous, IntAuth.authenticated(prefix, inner.length), inner);
  }

  /** Empty without such an exchange. */
  Bytes signedOctets(int authMessageId) {
    return requests.isEmpty()
        ? Bytes.EMPTY
        : IntAuth.signedOctets(requests, responses, authMessageId);
  }
}
