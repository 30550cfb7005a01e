package io.podseal.controller.model;

/** Which object of ours a verdict, a status or an Event is about. */
public record Subject(Kind kind, String uid, String namespace, String name, long generation) {

  /** The kinds of podseal.io, as the API spells them. */
  public enum Kind {
    /** Declares sealed pairs. */
    SECURE_PEERING("SecurePeering", "securepeerings"),
    /** Permits peerings of other namespaces. */
    PEERING_GRANT("PeeringGrant", "peeringgrants"),
    /** Algorithms and lifetimes. */
    CRYPTO_PROFILE("CryptoProfile", "cryptoprofiles"),
    /** A peer outside of the cluster. */
    EXTERNAL_PEER("ExternalPeer", "externalpeers");

    private final String kind;
    private final String plural;

    Kind(String kind, String plural) {
      this.kind = kind;
      this.plural = plural;
    }

    /** As in {@code kind: SecurePeering}. */
    public String kind() {
      return kind;
    }

    /** As in a URL. */
    public String plural() {
      return plural;
    }
  }

  /** Kind, namespace and name. */
  public String key() {
    return kind.plural() + " " + namespace + "/" + name;
  }
}
