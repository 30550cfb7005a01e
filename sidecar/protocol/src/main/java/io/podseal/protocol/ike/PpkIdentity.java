package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;

/** The notify that names the PPK in use (RFC 8784 §5.1): a type octet and the identity. */
final class PpkIdentity {
  /** PPK_ID_FIXED: the same identity every time. */
  private static final int FIXED = 2;

  private PpkIdentity() {}

  static NotifyPayload of(Ppk ppk) {
    return NotifyPayload.of(NotifyType.PPK_IDENTITY, body(ppk));
  }

  static boolean isNamedIn(IkeMessage message, Ppk ppk) {
    return message
        .notify(NotifyType.PPK_IDENTITY)
        .filter(n -> n.data().equals(body(ppk)))
        .isPresent();
  }

  private static Bytes body(Ppk ppk) {
    return Bytes.copyOf(new ByteWriter().u8(FIXED).bytes(ppk.id()).toArray());
  }
}
