package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.message.NotifyType;
import java.util.List;
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
    assertRekeyedOnce(this::aTakesTheOtherMethod);
  }

  @Test
  void regular_ke_invalid_multi_ke() {
    offers(
        HYBRID.withKeyExchange(X25519_FIRST.keyExchange()),
        HYBRID.withKeyExchange(P256_ONLY.keyExchange()));
    assertRekeyedOnce(() -> {
      aTakesTheOtherMethod();
      assertThat(count(followup(a))).isPositive();
    });
  }

  private void aTakesTheOtherMethod() {
    rekeysIke(a);
    runMillis(100);
    assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
    assertThat(methodsOf(a))
        .containsExactly(KeyExchangeMethod.X25519.id(), KeyExchangeMethod.P256.id());
  }

  @Test
  void collision() {
    assertCrossing(this::bothRekey);
  }

  /** §2.8.2: whose exchange stands deletes the old SA, the other what its own exchange made. */
  @Test
  void collision_and_who_deletes_what() {
    everySeedCrosses(
        this::ikeSpi,
        stands -> {
          Keys.IkeSaKeys old = a.keys.last();
          bothRekey();
          runMillis(20_000);
          Host winner = stands.getAsBoolean() ? a : b;
          Host loser = other(winner);
          assertThat(ikeSasDeletedBy(winner)).containsExactly(old.spiInitiator());
          assertThat(ikeSasDeletedBy(loser))
              .containsExactly(rekeyOf(loser, old).spiOfInitiator().s64(0));
        });
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

  /** {@code scenario} makes a's rekey come to nothing: b's stands, and b deletes the old SA. */
  private void assertRekeyOfBStands(Runnable scenario) {
    everySeed(() -> {
      Keys.IkeSaKeys old = a.keys.last();
      scenario.run();
      runMillis(20_000);
      assertThat(ikeSpi(b)).isEqualTo(rekeyOf(b, old).spiOfInitiator());
      assertThat(errorsOf(a)).isEmpty();
      assertThat(ikeSasDeletedBy(b)).containsExactly(old.spiInitiator());
      assertThat(answersToDeletes(a)).containsExactly(List.of());
      assertThat(ikeSasDeletedBy(a)).isEmpty();
      assertThat(methodsOf(a)).as("key exchanges that a has begun").hasSize(1);
      assertThat(ikeRekeys(a)).isEqualTo(1);
      assertThat(ikeRekeys(b)).isEqualTo(1);
    });
  }

  @Test
  void collision_dropped_request() {
    assertRekeyOfBStands(() -> {
      world.loseOne(request(a));
      bothRekey();
      runMillis(2000);
      assertThat(count(request(a))).isEqualTo(1);
      assertThat(count(answer(b))).as("b never hears of a's").isZero();
    });
  }

  /** As if it were dropped. */
  @Test
  void collision_request_after_delete() {
    assertRekeyOfBStands(() -> {
      world.hold(request(a));
      bothRekey();
      runMillis(50);
      assertThat(answersToDeletes(a)).hasSize(1);
      world.release();
      runMillis(100);
      assertThat(count(answer(b))).isZero();
    });
  }

  /** b has rekeyed the old SA when a's request comes. */
  private void bRefusesTheDelayedRequest() {
    world.hold(request(a));
    world.hold(delete(b));
    bothRekey();
    runMillis(20);
    assertThat(world.held()).isEqualTo(2);
    world.deliverHeld(0);
    assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
  }

  @Test
  void collision_delayed_request() {
    assertRekeyOfBStands(() -> {
      bRefusesTheDelayedRequest();
      world.deliverHeld(0);
      assertThat(ikeRekeys(a)).as("by the Delete").isEqualTo(1);
      world.release();
    });
  }

  @Test
  void collision_delayed_request_and_delete() {
    assertRekeyOfBStands(() -> {
      bRefusesTheDelayedRequest();
      runMillis(20);
      assertThat(world.held()).isEqualTo(1);
      assertThat(ikeRekeys(a)).as("by the refusal").isEqualTo(1);
      world.release();
    });
  }

  /** b's next key exchange is on its way when a's request comes. */
  private void bRefusesInItsSeries() {
    world.hold(request(a));
    world.hold(followup(b));
    bothRekey();
    runMillis(20);
    assertThat(count(followup(b))).isPositive();
    world.deliverHeld(0);
    assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
  }

  @Test
  void collision_delayed_request_multi_ke() {
    multiKe();
    assertRekeyOfBStands(() -> {
      bRefusesInItsSeries();
      runMillis(20);
      assertThat(ikeRekeys(b)).isZero();
      world.release();
      runMillis(100);
      assertSeriesOfOneEnd(false);
    });
  }

  @Test
  void collision_delayed_request_and_refusal_multi_ke() {
    multiKe();
    assertRekeyOfBStands(() -> {
      world.hold(answer(b));
      bRefusesInItsSeries();
      while (world.held() > 1) {
        world.deliverHeld(0);
      }
      runMillis(20);
      assertThat(ikeRekeys(a)).as("by the Delete").isEqualTo(1);
      world.release();
      runMillis(100);
      assertSeriesOfOneEnd(false);
    });
  }

  @Test
  void collision_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      long old = a.establishedWith(b).getFirst().initiatorSpi();
      rekeysIke(a);
      deletesIke(b);
      runMillis(2);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      runMillis(100);
      assertThat(ikeSasDeletedBy(b)).contains(old);
      assertThat(answersToDeletes(a)).isNotEmpty();
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
      runMillis(2_000);
      assertThat(count(delete(b))).as("sent, lost and repeated").isEqualTo(2);
      assertThat(answersToDeletes(a)).hasSize(1);
    });
  }
}
