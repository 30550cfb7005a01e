package io.podseal.sidecar.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.control.v1.Mode;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.Self;
import org.junit.jupiter.api.Test;

class DeclaredPolicyTest {
  private final DeclaredPolicy policy = new DeclaredPolicy();

  private static Peer peer(String identity, boolean sidecar) {
    return Peer.newBuilder()
        .setIdentity(identity)
        .setHasSidecar(sidecar)
        .setMode(Mode.MODE_STRICT)
        .build();
  }

  private static PolicyUpdate.Builder full(Peer... peers) {
    PolicyUpdate.Builder update =
        PolicyUpdate.newBuilder().setFull(true).setSelf(Self.newBuilder().setIdentity("me"));
    for (Peer peer : peers) {
      update.addPeers(peer);
    }
    return update;
  }

  @Test
  void aSnapshotEndsThePeersItDoesNotList() {
    policy.merge(full(peer("a", true), peer("b", true)).build());
    DeclaredPolicy.Change change = policy.merge(full(peer("b", true)).build());
    assertThat(change.ended()).containsExactly("a");
    assertThat(policy.peers()).hasSize(1);
  }

  @Test
  void aDeltaKeepsThePeersItDoesNotName() {
    policy.merge(full(peer("a", true)).build());
    DeclaredPolicy.Change change =
        policy.merge(PolicyUpdate.newBuilder().addPeers(peer("b", true)).build());
    assertThat(change.ended()).isEmpty();
    assertThat(change.put()).hasSize(1);
    assertThat(policy.peers()).hasSize(2);
    assertThat(policy.self().getIdentity()).isEqualTo("me");
  }

  @Test
  void aPeerThatLosesItsSidecarIsNoLongerSealed() {
    policy.merge(full(peer("a", true)).build());
    DeclaredPolicy.Change change =
        policy.merge(PolicyUpdate.newBuilder().addPeers(peer("a", false)).build());
    assertThat(change.ended()).containsExactly("a");
    assertThat(change.put()).isEmpty();
  }

  @Test
  void anIdentityRemovedAndDeclaredAgainStartsAnew() {
    policy.merge(full(peer("a", true)).build());
    DeclaredPolicy.Change change =
        policy.merge(
            PolicyUpdate.newBuilder().addRemovedIdentities("a").addPeers(peer("a", true)).build());
    assertThat(change.ended()).containsExactly("a");
    assertThat(change.put()).hasSize(1);
  }

  @Test
  void onlyAPermissivePeerWithoutSidecarIsLeftInClear() {
    assertThat(DeclaredPolicy.isGuarded(peer("a", false))).isTrue();
    assertThat(
            DeclaredPolicy.isGuarded(
                peer("a", false).toBuilder().setMode(Mode.MODE_PERMISSIVE).build()))
        .isFalse();
    assertThat(
            DeclaredPolicy.isGuarded(
                peer("a", true).toBuilder().setMode(Mode.MODE_PERMISSIVE).build()))
        .isTrue();
  }
}
