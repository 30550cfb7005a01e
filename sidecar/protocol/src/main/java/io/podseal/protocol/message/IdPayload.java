package io.podseal.protocol.message;

import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Identification payload (RFC 7296 §3.5).
 *
 * @param initiator IDi if true, else IDr
 * @param reserved the three RESERVED octets as received: they are part of what AUTH signs (§2.15)
 */
public record IdPayload(boolean initiator, int idType, int reserved, Bytes data)
    implements Payload {
  public static final int ID_FQDN = 2;

  public static IdPayload of(boolean initiator, Identity identity) {
    return new IdPayload(initiator, ID_FQDN, 0, identity.octets());
  }

  @Override
  public int type() {
    return initiator ? PayloadType.ID_INITIATOR : PayloadType.ID_RESPONDER;
  }

  /** What AUTH covers: everything after the generic header. */
  public byte[] body() {
    return new ByteWriter().u8(idType).u8(reserved >>> 16).u16(reserved).bytes(data).toArray();
  }

  /** The name, if it is an ID_FQDN of printable ASCII. */
  public Optional<Identity> identity() {
    if (idType != ID_FQDN || data.isEmpty() || data.length() > Identity.MAX_LENGTH) {
      return Optional.empty();
    }
    for (int i = 0; i < data.length(); i++) {
      if (data.u8(i) <= ' ' || data.u8(i) > '~') {
        return Optional.empty();
      }
    }
    return Optional.of(new Identity(new String(data.toArray(), StandardCharsets.US_ASCII)));
  }
}
