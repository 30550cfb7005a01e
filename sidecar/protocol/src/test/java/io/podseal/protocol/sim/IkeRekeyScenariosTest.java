package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.NotifyType;
import org.junit.jupiter.api.Test;

/**
 * Rekeys of the IKE SA, alone and against what the peer begins (RFC 7296 §2.8.2, §2.25.2). The
 * names are those of strongSwan's suite ike_rekey. The child stays, and no packet is lost.
 */
@SuppressWarnings("MemberName") // the names are to be found in the other suite
class IkeRekeyScenariosTest extends TwoEnds {
  private void multiKe() {
    offers(HYBRID, HYBRID);
  }

  private void bothRekey() {
    rekeysIke(a);
    rekeysIke(b);
  }

  private void assertRekeyedOnce(Runnable scenario) {
    everySeed(() -> {
      long before = ikeSa(a);
      scenario.run();
      runMillis(20_000);
      assertThat(ikeSa(a)).isNotEqualTo(before);
      assertThat(ikeRekeys(a)).isEqualTo(1);
      assertThat(ikeRekeys(b)).isEqualTo(1);
      assertThat(newChildren(a)).isZero();
    });
  }

  @Test
  void regular() {
    assertRekeyedOnce(() -> rekeysIke(a));
  }

  @Test
  void regular_multi_ke() {
    multiKe();
    assertRekeyedOnce(() -> {
      rekeysIke(a);
      runMillis(100);
      assertThat(count(followup(a))).isGreaterThanOrEqualTo(1);
    });
  }

  @Test
  void regular_ke_invalid() {
    offers(X25519_FIRST, P256_ONLY);
    assertRekeyedOnce(() -> rekeysIke(a));
  }

  @Test
  void regular_ke_invalid_multi_ke() {
    offers(
        HYBRID.withKeyExchange(X25519_FIRST.keyExchange()),
        HYBRID.withKeyExchange(P256_ONLY.keyExchange()));
    assertRekeyedOnce(() -> rekeysIke(a));
  }

  @Test
  void collision() {
    assertCrossing(this::bothRekey);
  }

  private void assertCrossing(Runnable scenario) {
    everySeedCrosses(
        this::ikeSpi,
        stands -> {
          scenario.run();
          runMillis(20_000);
          assertThat(ikeRekeys(a)).isEqualTo(1);
          assertThat(ikeRekeys(b)).isEqualTo(1);
          assertThat(newChildren(a)).isZero();
        });
  }

  @Test
  void collision_multi_ke() {
    multiKe();
    everySeedCrosses(
        this::ikeSpi,
        stands -> {
          bothRekey();
          runMillis(100);
          assertSeriesOfOneEnd(stands.getAsBoolean());
        });
  }

  /** RFC 9370 §2.2.4: who has lost does not go on to the next key exchange. */
  private void assertSeriesOfOneEnd(boolean ofA) {
    assertThat(count(followup(ofA ? a : b))).isPositive();
    assertThat(count(followup(ofA ? b : a))).isZero();
  }

  @Test
  void collision_mixed() {
    offers(withAdditionalP256(P256_FIRST), withAdditionalP256(X25519_FIRST));
    everySeedCrosses(
        this::ikeSpi,
        stands -> {
          bothRekey();
          runMillis(100);
          assertThat(errorsOf(a)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
          assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
          // RFC 9370 §2.2.4: the loser does not go on, so that no SA of its own has to be deleted.
          assertThat(count(followup(a))).isEqualTo(stands.getAsBoolean() ? 1 : 0);
          assertThat(count(followup(b))).isZero();
        });
  }

  @Test
  void collision_ke_invalid() {
    offers(X25519_FIRST, P256_FIRST);
    assertCrossing(() -> {
      bothRekey();
      runMillis(100);
      assertThat(errorsOf(a)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
      assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
    });
  }

  @Test
  void collision_ke_invalid_delayed_retry() {
    offers(X25519_FIRST, P256_FIRST);
    everySeed(() -> {
      bothRekey();
      runMillis(1);
      world.hold(request(a));
      world.hold(delete(b));
      runMillis(20);
      assertThat(world.held()).isEqualTo(2);
      world.release();
      runMillis(20);
      assertThat(errorsOf(a)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
      // b has rekeyed the old SA by now.
      assertThat(errorsOf(b))
          .containsExactly(NotifyType.INVALID_KE_PAYLOAD, NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void collision_delayed_response() {
    assertCrossing(() -> {
      world.hold(answer(b));
      bothRekey();
      runMillis(100);
      world.release();
    });
  }

  @Test
  void collision_delayed_response_multi_ke() {
    multiKe();
    everySeedCrosses(
        this::ikeSpi,
        stands -> {
          world.hold(answer(b));
          bothRekey();
          runMillis(100);
          world.release();
          runMillis(100);
          assertSeriesOfOneEnd(stands.getAsBoolean());
        });
  }

  @Test
  void collision_dropped_request() {
    everySeed(() -> {
      world.loseOne(request(a));
      bothRekey();
    });
  }

  @Test
  void collision_delayed_request() {
    everySeed(() -> {
      world.hold(request(a));
      world.hold(delete(b));
      bothRekey();
      runMillis(20);
      world.release();
      runMillis(100);
      // b has rekeyed the old SA already.
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void collision_delayed_request_and_delete() {
    everySeed(() -> {
      world.hold(request(a));
      bothRekey();
      runMillis(50);
      world.release();
    });
  }

  @Test
  void collision_delayed_request_multi_ke() {
    multiKe();
    everySeed(() -> {
      world.hold(request(a));
      bothRekey();
      runMillis(50);
      world.release();
    });
  }

  @Test
  void collision_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      rekeysIke(a);
      deletesIke(b);
      runMillis(2);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void collision_delete_multi_ke() {
    multiKe();
    packetsMayBeLost();
    everySeed(() -> {
      rekeysIke(a);
      runMillis(2);
      // The next key exchange is on its way.
      assertThat(count(followup(a))).isPositive();
      deletesIke(b);
      runMillis(20);
      // RFC 9370 §2.2.4: b has given up what it had begun to answer.
      assertThat(errorsOf(b)).containsExactly(NotifyType.STATE_NOT_FOUND);
    });
  }

  @Test
  void collision_delete_drop_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      world.loseOne(delete(b));
      rekeysIke(a);
      deletesIke(b);
      runMillis(2);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }
}
