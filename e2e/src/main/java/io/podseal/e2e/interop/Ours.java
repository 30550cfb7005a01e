package io.podseal.e2e.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.podseal.control.v1.CryptoProfile;
import io.podseal.control.v1.Mode;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.PortRule;
import io.podseal.control.v1.PresharedKey;
import io.podseal.control.v1.Self;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.strongswan.PeerHost;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Our end: a pod with the real sidecar, whose controller is the case. Confined to one thread. */
final class Ours implements AutoCloseable {
  private final Pod pod;
  private final String identity;
  private final ScriptedController controller;
  private final Sidecar sidecar;
  private long revision;

  private Ours(Pod pod, String identity, ScriptedController controller, Sidecar sidecar) {
    this.pod = pod;
    this.identity = identity;
    this.controller = controller;
    this.sidecar = sidecar;
  }

  /**
   * Starts a sidecar in {@code pod} that knows of no peer yet.
   *
   * @param settings its environment, beside what every case needs
   */
  static Ours start(
      Pod pod,
      String identity,
      ScriptedController controller,
      Map<String, String> settings,
      Path folder) {
    Map<String, String> environment = new HashMap<>(settings);
    environment.putAll(
        Map.of(
            "PODSEAL_CONTROLLER", controller.endpoint(),
            "PODSEAL_SERVER_NAME", ScriptedController.NAME,
            "PODSEAL_CA_FILE", controller.caFile().toString(),
            "PODSEAL_TOKEN_FILE", controller.tokenFile().toString(),
            "PODSEAL_DEBUG_KEYS_DIR", folder.toString()));
    Sidecar sidecar = Sidecar.start(pod, environment, folder.resolve("sidecar.log"));
    return new Ours(pod, identity, controller, sidecar);
  }

  /** Returns the network namespace. */
  Pod pod() {
    return pod;
  }

  /** Returns the address as text. */
  String ip() {
    return pod.ip();
  }

  /** Returns the IKE identity. */
  String identity() {
    return identity;
  }

  /** Returns what the sidecar says of itself. */
  JsonNode status() {
    return sidecar.status();
  }

  /** Returns what the sidecar has logged. */
  String log() {
    return sidecar.process().logged();
  }

  /** A peer at {@code host} with whom we share {@code secret}, from whom everything is let in. */
  static Peer.Builder peer(PeerHost host, String identity, byte[] secret, CryptoProfile profile) {
    return Peer.newBuilder()
        .setIdentity(identity)
        .setPod("interop/strongswan")
        .addAddresses(host.address().getHostAddress())
        .addKeys(
            PresharedKey.newBuilder()
                .setEpoch(1)
                .setSecret(ByteString.copyFrom(secret))
                .setMayInitiate(true))
        .setMode(Mode.MODE_STRICT)
        .setHasSidecar(true)
        .addIngress(PortRule.getDefaultInstance())
        .setProfile(profile);
  }

  /** Puts a policy with this peer alone in force and waits until the sidecar has it. */
  void declare(Peer.Builder peer) {
    put(PolicyUpdate.newBuilder().addPeers(peer));
  }

  /** Puts a policy without peers in force, which ends all SAs. */
  void forget(String peerIdentity) {
    put(PolicyUpdate.newBuilder().addRemovedIdentities(peerIdentity));
  }

  private void put(PolicyUpdate.Builder policy) {
    controller.put(
        policy
            .setRevision(++revision)
            .setFull(true)
            .setSelf(Self.newBuilder().setIdentity(identity).addAddresses(pod.ip()))
            .build());
    sidecar.awaitReady();
  }

  /** Ends the sidecar without letting it say goodbye. */
  void kill() {
    sidecar.process().kill();
  }

  @Override
  public void close() {
    sidecar.close();
  }
}
