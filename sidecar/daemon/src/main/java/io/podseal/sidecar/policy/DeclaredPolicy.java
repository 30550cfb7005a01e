package io.podseal.sidecar.policy;

import io.podseal.control.v1.Mode;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.Self;
import io.podseal.control.v1.ServiceRoute;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the controller has declared so far: snapshots and deltas merged. Confined to one thread. */
public final class DeclaredPolicy {
  private Self self = Self.getDefaultInstance();
  private final Map<String, Peer> peers = new LinkedHashMap<>();
  private List<ServiceRoute> services = List.of();

  /**
   * What an update changes about sealed peers.
   *
   * @param ended identities that are no longer sealed
   * @param put peers to seal, new or changed
   */
  public record Change(Set<String> ended, List<Peer> put) {}

  /** Merges an update. */
  public Change merge(PolicyUpdate update) {
    Set<String> sealedBefore = new HashSet<>();
    peers.values().stream()
        .filter(DeclaredPolicy::isSealed)
        .forEach(p -> sealedBefore.add(p.getIdentity()));
    if (update.hasSelf()) {
      self = update.getSelf();
    }
    if (update.getFull()) {
      peers.clear();
      services = List.of();
    }
    if (update.hasServices()) {
      services = update.getServices().getRoutesList();
    }
    update.getRemovedIdentitiesList().forEach(peers::remove);
    List<Peer> put = new ArrayList<>();
    for (Peer peer : update.getPeersList()) {
      peers.put(peer.getIdentity(), peer);
      if (isSealed(peer)) {
        put.add(peer);
      }
    }
    Set<String> ended = new HashSet<>(sealedBefore);
    peers.values().stream()
        .filter(DeclaredPolicy::isSealed)
        .forEach(p -> ended.remove(p.getIdentity()));
    // An identity that is removed and declared again in one update starts anew.
    update.getRemovedIdentitiesList().stream().filter(sealedBefore::contains).forEach(ended::add);
    return new Change(ended, put);
  }

  public Self self() {
    return self;
  }

  public Collection<Peer> peers() {
    return peers.values();
  }

  /** Services of which some backend is a guarded peer. */
  public List<ServiceRoute> services() {
    return services;
  }

  /** Whether its traffic goes through a child SA. */
  public static boolean isSealed(Peer peer) {
    return peer.getHasSidecar();
  }

  /** Whether no packet of it may be clear; only Permissive without sidecar is clear. */
  public static boolean isGuarded(Peer peer) {
    return peer.getHasSidecar() || peer.getMode() != Mode.MODE_PERMISSIVE;
  }
}
