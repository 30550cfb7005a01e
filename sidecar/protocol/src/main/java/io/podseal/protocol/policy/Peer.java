package io.podseal.protocol.policy;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * A declared peer: who it is, where it may be, and the keys we share with it.
 *
 * @param label for people: namespace/name of the pod
 * @param addresses the only inner addresses this identity may use
 * @param keys newest epoch first, at most two
 * @param crypto algorithms to offer and accept
 * @param child mode and traffic of child SAs
 */
public record Peer(
    Identity identity,
    String label,
    List<InetAddress> addresses,
    List<PresharedKey> keys,
    CryptoOffer crypto,
    Lifetimes lifetimes,
    ChildPolicy child) {
  public static final int MAX_KEYS = 2;

  public Peer {
    addresses = List.copyOf(addresses);
    keys = List.copyOf(keys);
    if (keys.size() > MAX_KEYS) {
      throw new IllegalArgumentException("more than two epochs for " + label);
    }
  }

  /** A peer that is a pod of Podseal. */
  public Peer(
      Identity identity,
      String label,
      List<InetAddress> addresses,
      List<PresharedKey> keys,
      CryptoOffer crypto,
      Lifetimes lifetimes) {
    this(identity, label, addresses, keys, crypto, lifetimes, ChildPolicy.BETWEEN_PODS);
  }

  Peer with(CryptoOffer otherCrypto, ChildPolicy otherChild) {
    return new Peer(identity, label, addresses, keys, otherCrypto, lifetimes, otherChild);
  }

  /** The newest key we may begin with, if there is one. */
  public Optional<PresharedKey> initiatingKey() {
    return keys.stream().filter(PresharedKey::mayInitiate).findFirst();
  }
}
