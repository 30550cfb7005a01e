package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every declared peer by its identity, which decides, and by its addresses, which only hint. */
final class PairTable {
  private final Map<Identity, Pair> byIdentity = new HashMap<>();
  private final Map<InetAddress, Pair> byAddress = new HashMap<>();

  @Nullable Pair get(Identity identity) {
    return byIdentity.get(identity);
  }

  /** Whose address this is; if two peers have it, the one that came last. */
  @Nullable Pair at(InetAddress address) {
    return byAddress.get(address);
  }

  void add(Pair pair) {
    byIdentity.put(pair.peer().identity(), pair);
    index(pair);
  }

  /** See {@link Pair#update}. */
  boolean update(Pair pair, Peer next) {
    unindex(pair);
    boolean keysGone = pair.update(next);
    index(pair);
    return keysGone;
  }

  @Nullable Pair remove(Identity identity) {
    Pair pair = byIdentity.remove(identity);
    if (pair != null) {
      unindex(pair);
    }
    return pair;
  }

  private void index(Pair pair) {
    pair.peer().addresses().forEach(a -> byAddress.put(a, pair));
  }

  private void unindex(Pair pair) {
    pair.peer().addresses().forEach(a -> byAddress.remove(a, pair));
  }
}
