package io.podseal.controller.control;

import com.google.protobuf.UnsafeByteOperations;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.CryptoProfile;
import io.podseal.control.v1.Mode;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.PortRule;
import io.podseal.control.v1.PresharedKey;
import io.podseal.control.v1.Self;
import io.podseal.control.v1.ServiceRoutes;
import io.podseal.controller.keys.KeyRing;
import io.podseal.controller.model.CryptoChoice;
import io.podseal.controller.model.PeerLink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** Writes policy updates; the only place where keys of pairs leave the ring. */
final class PolicyEncoder {
  private final KeyRing ring;

  PolicyEncoder(KeyRing ring) {
    this.ring = ring;
  }

  /** A key by its name, with the peering that it is for. */
  record IssuedKey(String peering, int epoch, String id) {}

  /** The secret parts of a message under construction, and what is said of them. */
  private static final class Keys {
    final List<byte[]> secrets = new ArrayList<>();
    final List<IssuedKey> issued = new ArrayList<>();
  }

  /**
   * A message with keys in it, which are zeroed when it is closed.
   *
   * @param secrets the arrays that the message wraps
   * @param issued what they are
   */
  record Encoded(ControllerMessage message, List<byte[]> secrets, List<IssuedKey> issued)
      implements AutoCloseable {
    @Override
    public void close() {
      secrets.forEach(secret -> Arrays.fill(secret, (byte) 0));
    }

    @Override
    public String toString() {
      return "Encoded[revision=" + message.getPolicy().getRevision() + "]";
    }
  }

  /** All of {@code policy}. */
  Encoded full(long revision, SentPolicy policy) {
    var keys = new Keys();
    var update =
        PolicyUpdate.newBuilder()
            .setRevision(revision)
            .setFull(true)
            .setSelf(self(policy, keys))
            .setServices(services(policy));
    new TreeMap<>(policy.peers())
        .values()
        .forEach(peer -> update.addPeers(peer(policy.identity(), peer, keys)));
    return encoded(update, keys);
  }

  /** What changed from {@code before} to {@code after}. */
  Encoded delta(long revision, SentPolicy before, SentPolicy after) {
    var keys = new Keys();
    var update = PolicyUpdate.newBuilder().setRevision(revision);
    if (!after.sameSelf(before)) {
      update.setSelf(self(after, keys));
    }
    if (!after.services().equals(before.services())) {
      update.setServices(services(after));
    }
    new TreeMap<>(after.peers())
        .forEach((identity, peer) -> {
          if (!peer.equals(before.peers().get(identity))) {
            update.addPeers(peer(after.identity(), peer, keys));
          }
        });
    var removed = new TreeSet<>(before.peers().keySet());
    removed.removeAll(after.peers().keySet());
    update.addAllRemovedIdentities(removed);
    return encoded(update, keys);
  }

  private static Encoded encoded(PolicyUpdate.Builder update, Keys keys) {
    return new Encoded(
        ControllerMessage.newBuilder().setPolicy(update).build(), keys.secrets, keys.issued);
  }

  private Self self(SentPolicy policy, Keys keys) {
    var self =
        Self.newBuilder()
            .setIdentity(policy.identity())
            .addAllAddresses(policy.addresses())
            .addAllStrictPorts(rules(policy.strictPorts()));
    ring.crashSecret(policy.identity())
        .ifPresent(secret -> {
          try (secret) {
            var octets = secret.use(byte[]::clone);
            keys.secrets.add(octets);
            self.setCrashSecret(UnsafeByteOperations.unsafeWrap(octets));
          }
        });
    return self.build();
  }

  private static ServiceRoutes services(SentPolicy policy) {
    var routes = ServiceRoutes.newBuilder();
    for (var service : policy.services()) {
      var route =
          routes
              .addRoutesBuilder()
              .setAddress(service.address())
              .setProtocol(service.protocol())
              .setPort(service.port())
              .setSticky(service.sticky());
      service
          .backends()
          .forEach(backend ->
              route.addBackendsBuilder().setAddress(backend.address()).setPort(backend.port()));
    }
    return routes.build();
  }

  private Peer peer(String self, SentPolicy.SentPeer peer, Keys keys) {
    PeerLink link = peer.link();
    var builder =
        Peer.newBuilder()
            .setIdentity(link.identity())
            .setPod(link.pod())
            .addAllAddresses(link.addresses())
            .setMode(
                switch (link.mode()) {
                  case STRICT -> Mode.MODE_STRICT;
                  case PERMISSIVE -> Mode.MODE_PERMISSIVE;
                })
            .setHasSidecar(link.hasSidecar())
            .addAllIngress(rules(link.ingress()))
            .setProfile(profile(link.crypto()));
    for (var key : peer.keys()) {
      try (var secret = ring.pairKey(key.epoch(), self, link.identity())) {
        var octets = secret.use(byte[]::clone);
        keys.secrets.add(octets);
        keys.issued.add(
            new IssuedKey(
                link.peering(), key.epoch(), ring.pairKeyId(key.epoch(), self, link.identity())));
        builder.addKeys(
            PresharedKey.newBuilder()
                .setEpoch(key.epoch())
                .setSecret(UnsafeByteOperations.unsafeWrap(octets))
                .setMayInitiate(key.mayInitiate()));
      }
    }
    return builder.build();
  }

  private static List<PortRule> rules(List<io.podseal.controller.model.PortRule> rules) {
    return rules.stream()
        .map(rule ->
            PortRule.newBuilder()
                .setProtocol(rule.protocol())
                .setPort(rule.port())
                .setEndPort(rule.endPort())
                .build())
        .toList();
  }

  private static CryptoProfile profile(CryptoChoice choice) {
    var algorithms = choice.algorithms();
    return CryptoProfile.newBuilder()
        .setName(choice.name())
        .addAllEncryption(algorithms.encryption())
        .addAllIntegrity(algorithms.integrity())
        .addAllPrf(algorithms.prf())
        .addAllKeyExchange(algorithms.keyExchange())
        .addAllAdditionalKeyExchange(algorithms.additionalKeyExchange())
        .setChildLifetimeSeconds((int) choice.childLifetime().toSeconds())
        .setIkeLifetimeSeconds((int) choice.ikeLifetime().toSeconds())
        .setLivenessSeconds((int) choice.liveness().toSeconds())
        .build();
  }
}
