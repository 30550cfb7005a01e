package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.PeerDirectory;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Peer;
import java.net.InetAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every declared peer by its identity, which decides, and by its addresses, which only hint. */
final class PairTable implements PeerDirectory {
  private final Map<Identity, Pair> byIdentity = new HashMap<>();
  private final Map<InetAddress, Pair> byAddress = new HashMap<>();
  private final Set<CryptoOffer> offers = new LinkedHashSet<>();
  private CryptoOffer anybody = CryptoOffer.CLASSIC.or(CryptoOffer.HYBRID);
  private boolean anyPpk;

  @Nullable Pair get(Identity identity) {
    return byIdentity.get(identity);
  }

  /** Whose address this is; if two peers have it, the one that came last. */
  @Nullable Pair at(InetAddress address) {
    return byAddress.get(address);
  }

  @Override
  public Optional<Peer> byIdentity(Identity identity) {
    return Optional.ofNullable(byIdentity.get(identity)).map(Pair::peer);
  }

  @Override
  public boolean hasRoomForRekey(Identity identity) {
    Pair pair = byIdentity.get(identity);
    return pair == null || pair.sas().size() < Limits.IKE_SAS_PER_PEER;
  }

  @Override
  public boolean mayExchangeKeys(Identity identity, int method, Instant now) {
    Pair pair = byIdentity.get(identity);
    return pair != null && pair.mayExchangeKeys(method, now);
  }

  /** What whoever has this address may use; any peer's algorithms if that is nobody's. */
  @Override
  public CryptoOffer acceptable(InetAddress address) {
    Pair pair = byAddress.get(address);
    return pair == null ? anybody : pair.peer().crypto();
  }

  @Override
  public boolean usesPpk(InetAddress address) {
    Pair pair = byAddress.get(address);
    return pair == null ? anyPpk : usesPpk(pair.peer());
  }

  private static boolean usesPpk(Peer peer) {
    return peer.keys().stream().anyMatch(k -> k.ppk().isPresent());
  }

  private void learn(Peer peer) {
    anyPpk |= usesPpk(peer);
    if (offers.add(peer.crypto())) {
      anybody = offers.stream().reduce(CryptoOffer::or).orElseThrow();
    }
  }

  void add(Pair pair) {
    byIdentity.put(pair.peer().identity(), pair);
    index(pair);
  }

  /** See {@link Pair#update}. */
  Set<Integer> update(Pair pair, Peer next) {
    unindex(pair);
    Set<Integer> gone = pair.update(next);
    index(pair);
    return gone;
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
    learn(pair.peer());
  }

  private void unindex(Pair pair) {
    pair.peer().addresses().forEach(a -> byAddress.remove(a, pair));
  }
}
