package io.podseal.protocol.sim;

import io.podseal.protocol.wire.Bytes;
import java.util.HashSet;
import java.util.Set;

/** Every key that anything in a world was sealed with: no two SAs may ever share one. */
final class KeyLedger {
  private final Set<Bytes> keys = new HashSet<>();

  /** One end of one SA begins to seal with {@code key}. */
  void sealsWith(Bytes key, String who) {
    if (!keys.add(key)) {
      throw new AssertionError(who + " seals with a key that another SA has used");
    }
  }
}
