package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.NotifyType;
import org.junit.jupiter.api.Test;

/**
 * Rekeys of a child against what the peer begins at the same time (RFC 7296 §2.8.1, §2.25.1). The
 * names are those of strongSwan's suite child_rekey, as in {@link ChildRekeyScenariosTest}.
 */
@SuppressWarnings("MemberName") // the names are to be found in the other suite
class ChildRekeyCollisionScenariosTest extends TwoEnds {
  private void multiKe() {
    offers(HYBRID, HYBRID);
  }

  /** Each end wants another method than the other has begun with. */
  private void keInvalidBothWays() {
    offers(X25519_FIRST, P256_FIRST);
  }

  private void bothRekey() {
    rekeys(a);
    rekeys(b);
  }

  @Test
  void collision() {
    everyCollision(() -> {
      bothRekey();
      runMillis(100);
      assertThat(newChildren(a)).isEqualTo(2);
      assertThat(count(delete(a))).isEqualTo(1);
      assertThat(count(delete(b))).isEqualTo(1);
    });
  }

  @Test
  void collision_multi_ke() {
    multiKe();
    everySeedCrosses(
        this::childSpi,
        stands -> {
          bothRekey();
          runMillis(100);
          assertSeriesOfOneEnd(stands.getAsBoolean());
        });
  }

  private void everyCollision(Runnable scenario) {
    everySeedCrosses(this::childSpi, stands -> scenario.run());
  }

  /** RFC 9370 §2.2.4: who has lost does not go on to the next key exchange. */
  private void assertSeriesOfOneEnd(boolean ofA) {
    assertThat(count(followup(ofA ? a : b))).isPositive();
    assertThat(count(followup(ofA ? b : a))).isZero();
    assertThat(newChildren(a)).isEqualTo(1);
    assertThat(newChildren(b)).isEqualTo(1);
  }

  @Test
  void collision_mixed() {
    offers(withAdditionalP256(P256_FIRST), withAdditionalP256(X25519_FIRST));
    everySeedCrosses(
        this::childSpi,
        stands -> {
          bothRekey();
          runMillis(100);
          assertThat(errorsOf(a)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
          assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
          assertThat(linked(b)).as("a's takes another key exchange").isEqualTo(1);
          assertThat(linked(a)).as("b's takes none").isZero();
          boolean ofA = stands.getAsBoolean();
          // RFC 9370 §2.2.4: the loser does not go on, so that no SA of its own has to be deleted.
          assertThat(count(followup(a))).isEqualTo(ofA ? 1 : 0);
          assertThat(newChildren(a)).isEqualTo(ofA ? 2 : 1);
          assertThat(newChildren(b)).isEqualTo(ofA ? 2 : 1);
          // b deletes what it made in vain, or the old child.
          assertThat(count(delete(b))).isEqualTo(1);
          assertThat(count(delete(a))).isEqualTo(ofA ? 1 : 0);
        });
  }

  /** Answers of {@code host} that say that another key exchange follows. */
  private long linked(Host host) {
    return count(answer(host).and(s -> open(s).has(NotifyType.ADDITIONAL_KEY_EXCHANGE)));
  }

  /** Both series of key exchanges begin, one stands still. */
  @Test
  void collision_multi_ke_delayed_followup() {
    multiKe();
    everySeed(() -> {
      boolean[] first = {true};
      world.hold(s -> followup(a).or(followup(b)).test(s) && first[0]);
      bothRekey();
      runMillis(20);
      first[0] = false;
      world.release();
    });
  }

  @Test
  void collision_delayed_response() {
    everyCollision(() -> {
      world.hold(answer(b));
      bothRekey();
      runMillis(100);
      assertThat(count(answer(a))).as("a has answered, and waits").isPositive();
      world.release();
      runMillis(1000);
      assertBothDeletesAnswered();
    });
  }

  /** The loser of the two new children and the old one, by whoever began what went. */
  private void assertBothDeletesAnswered() {
    assertThat(errorsOf(a)).isEmpty();
    assertThat(errorsOf(b)).isEmpty();
    assertThat(firstDeletes(a) + firstDeletes(b)).isEqualTo(2);
    assertThat(answersToDeletes(a)).hasSize((int) firstDeletes(b));
    assertThat(answersToDeletes(b)).hasSize((int) firstDeletes(a));
  }

  @Test
  void collision_delayed_response_delete() {
    everyCollision(() -> {
      world.hold(answer(b));
      world.hold(delete(b));
      bothRekey();
      runMillis(50);
      world.release();
      runMillis(1000);
      assertBothDeletesAnswered();
    });
  }

  @Test
  void collision_delayed_response_multi_ke() {
    multiKe();
    everySeedCrosses(
        this::childSpi,
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
  void collision_delayed_request() {
    everySeed(() -> {
      world.hold(request(a));
      world.hold(delete(b));
      bothRekey();
      runMillis(10);
      assertThat(world.held()).isEqualTo(2);
      world.release();
      runMillis(100);
      // §2.25.1: b is closing the child that a wants to rekey.
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void collision_delayed_request_more() {
    everySeed(() -> {
      world.loseOne(request(a));
      bothRekey();
      runMillis(2000);
      assertThat(errorsOf(b)).containsExactly(NotifyType.CHILD_SA_NOT_FOUND);
      assertThat(newChildren(a)).isEqualTo(1);
    });
  }

  @Test
  void collision_delayed_request_more_delete() {
    everySeed(() -> {
      world.hold(request(a));
      world.hold(deleteAnswer(a));
      bothRekey();
      runMillis(10);
      world.release();
      runMillis(100);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void collision_delayed_request_multi_ke() {
    multiKe();
    everySeed(() -> {
      world.hold(request(a));
      bothRekey();
      runMillis(20);
      world.release();
      runMillis(20);
      assertThat(errorsOf(b)).containsExactly(NotifyType.CHILD_SA_NOT_FOUND);
    });
  }

  @Test
  void collision_ke_invalid() {
    keInvalidBothWays();
    everyCollision(() -> {
      bothRekey();
      runMillis(100);
      assertThat(errorsOf(a)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
      assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
      assertThat(newChildren(a)).isEqualTo(2);
      assertThat(newChildren(b)).isEqualTo(2);
    });
  }

  @Test
  void collision_ke_invalid_delayed_retry() {
    keInvalidBothWays();
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
      // b is closing by now what a wants to rekey.
      assertThat(errorsOf(b))
          .containsExactly(NotifyType.INVALID_KE_PAYLOAD, NotifyType.TEMPORARY_FAILURE);
      assertThat(newChildren(a)).isEqualTo(1);
    });
  }

  @Test
  void collision_responder_incorrect_delete() {
    everyCollision(() -> {
      // Each deletes another child than the other, and both requests cross.
      world.hold(delete(a));
      world.hold(delete(b));
      bothRekey();
      runMillis(20);
      assertThat(world.held()).isEqualTo(2);
      world.release();
      runMillis(1000);
      assertThat(firstDeletes(a)).isEqualTo(1);
      assertThat(firstDeletes(b)).isEqualTo(1);
      assertBothDeletesAnswered();
    });
  }

  @Test
  void collision_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      DeletePayload ofA = deleteOfChild(a);
      rekeys(a);
      expires(b);
      runMillis(100);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      // §2.25.1: a, that is rekeying the child, answers with the Delete of its half.
      assertThat(deletesAnswered(a)).containsExactly(ofA);
    });
  }

  @Test
  void collision_delete_multi_ke() {
    multiKe();
    packetsMayBeLost();
    everySeed(() -> {
      DeletePayload ofA = deleteOfChild(a);
      rekeys(a);
      runMillis(2);
      // The next key exchange is on its way.
      assertThat(count(followup(a))).isPositive();
      expires(b);
      runMillis(20);
      // RFC 9370 §2.2.4: the time for it has passed at b, with that of the child.
      assertThat(errorsOf(b)).containsExactly(NotifyType.STATE_NOT_FOUND);
      assertThat(deletesAnswered(a)).containsExactly(ofA);
    });
  }

  @Test
  void collision_delete_drop_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      DeletePayload ofA = deleteOfChild(a);
      world.loseOne(delete(b));
      rekeys(a);
      expires(b);
      runMillis(100);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      // The Delete comes again.
      runMillis(2000);
      assertThat(deletesAnswered(a)).containsExactly(ofA);
    });
  }

  @Test
  void collision_delete_drop_rekey() {
    packetsMayBeLost();
    everySeed(() -> {
      DeletePayload ofA = deleteOfChild(a);
      world.loseOne(request(a));
      rekeys(a);
      expires(b);
      runMillis(2000);
      assertThat(errorsOf(b)).containsExactly(NotifyType.CHILD_SA_NOT_FOUND);
      assertThat(deletesAnswered(a)).containsExactly(ofA);
    });
  }

  @Test
  void collision_delete_delayed_response() {
    packetsMayBeLost();
    everySeed(() -> {
      DeletePayload ofA = deleteOfChild(a);
      world.hold(answer(b));
      rekeys(a);
      expires(b);
      runMillis(100);
      world.release();
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      assertThat(deletesAnswered(a)).containsExactly(ofA);
    });
  }

  @Test
  void collision_ike_rekey() {
    everySeed(() -> {
      rekeys(a);
      rekeysIke(b);
      runMillis(100);
      // §2.25.2: each refuses what the other begins.
      assertThat(errorsOf(a)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      runMillis(20_000);
      // §2.25: both come again after a pause, and not at one moment.
      assertThat(errorsOf(a).size() + errorsOf(b).size()).isEqualTo(2);
      assertThat(newChildren(a)).isEqualTo(1);
      assertThat(ikeRekeys(b)).isEqualTo(1);
    });
  }

  @Test
  void collision_ike_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      long old = a.establishedWith(b).getFirst().initiatorSpi();
      rekeys(a);
      deletesIke(b);
      runMillis(2);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      runMillis(100);
      assertThat(ikeSasDeletedBy(b)).contains(old);
      assertThat(answersToDeletes(a)).isNotEmpty();
    });
  }
}
