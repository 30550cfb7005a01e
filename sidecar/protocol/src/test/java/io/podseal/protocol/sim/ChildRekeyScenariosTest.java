package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.message.NotifyType;
import org.junit.jupiter.api.Test;

/**
 * Rekeys of a child that the peer does not cross with one of its own (RFC 7296 §2.8). The names are
 * those of strongSwan's suite child_rekey, with a few of our own between. Two things are made
 * otherwise here, where both ends are Podseal's. There a Delete is forged for a child that the peer
 * does not mean ("incorrect_delete"): ours is a Delete of the old child by the end that did not
 * begin the rekey. And there a child is lost without a word ("lost_sa"): ours is lost with a Delete
 * that comes late.
 */
@SuppressWarnings("MemberName") // the names are to be found in the other suite
class ChildRekeyScenariosTest extends TwoEnds {
  private void multiKe() {
    offers(HYBRID, HYBRID);
  }

  @Test
  void regular() {
    everySeed(() -> {
      long ike = ikeSa(a);
      rekeys(a);
      runMillis(100);
      assertThat(newChildren(a)).isEqualTo(1);
      assertThat(count(delete(a))).isEqualTo(1);
      assertThat(count(delete(b))).isZero();
      assertThat(ikeSa(a)).isEqualTo(ike);
    });
  }

  @Test
  void regular_multi_ke() {
    multiKe();
    everySeed(() -> {
      rekeys(a);
      runMillis(100);
      assertThat(count(followup(a))).isGreaterThanOrEqualTo(1);
      assertThat(newChildren(a)).isEqualTo(1);
    });
  }

  @Test
  void regular_ke_invalid() {
    offers(X25519_FIRST, P256_ONLY);
    everySeed(this::aTakesTheOtherMethod);
  }

  @Test
  void regular_ke_invalid_multi_ke() {
    offers(
        HYBRID.withKeyExchange(X25519_FIRST.keyExchange()),
        HYBRID.withKeyExchange(P256_ONLY.keyExchange()));
    everySeed(() -> {
      aTakesTheOtherMethod();
      assertThat(count(followup(a))).isPositive();
    });
  }

  private void aTakesTheOtherMethod() {
    rekeys(a);
    runMillis(100);
    assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
    assertThat(methodsOf(a))
        .containsExactly(KeyExchangeMethod.X25519.id(), KeyExchangeMethod.P256.id());
    assertThat(newChildren(a)).isEqualTo(1);
  }

  @Test
  void regular_responder_ignore_soft_expire() {
    everySeed(() -> {
      world.hold(delete(a));
      rekeys(a);
      runMillis(20);
      softExpires(b);
      runMillis(20);
      assertThat(count(request(b))).as("b rekeys what a has replaced").isZero();
      assertThat(count(delete(b))).isZero();
      world.release();
      runMillis(20);
      assertThat(firstDeletes(a)).isEqualTo(1);
      assertThat(newChildren(a)).isEqualTo(1);
      assertThat(newChildren(b)).isEqualTo(1);
      runMillis(1000);
      assertThat(count(request(b))).isZero();
      assertThat(count(delete(b))).isZero();
    });
  }

  /** Without a's rekey b begins one itself then: what is ignored above would have been one. */
  @Test
  void soft_expire_begins_a_rekey() {
    everySeed(() -> {
      softExpires(b);
      runMillis(20);
      assertThat(count(request(b))).isEqualTo(1);
    });
  }

  @Test
  void regular_responder_handle_hard_expire() {
    everySeed(() -> {
      world.hold(delete(a));
      rekeys(a);
      runMillis(20);
      expires(b);
      runMillis(20);
      // b does not wait for a's Delete.
      assertThat(firstDeletes(b)).isEqualTo(1);
      world.release();
      runMillis(100);
      assertThat(newChildren(a)).isEqualTo(1);
      assertThat(answersToDeletes(a)).hasSize(1);
      assertThat(answersToDeletes(b)).hasSize(1);
    });
  }

  @Test
  void regular_responder_incorrect_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      world.hold(answer(b));
      rekeys(a);
      runMillis(20);
      expires(b);
      runMillis(20);
      assertThat(firstDeletes(b)).as("of the child that a has not yet replaced").isEqualTo(1);
      assertThat(newChildren(a)).isZero();
      world.release();
      runMillis(100);
      assertThat(newChildren(a)).isEqualTo(1);
    });
  }

  @Test
  void regular_responder_lost_sa() {
    packetsMayBeLost();
    everySeed(() -> {
      // The request comes when b's child has gone; a does not know, its Delete being late.
      world.hold(request(a));
      rekeys(a);
      world.loseOne(delete(b));
      expires(b);
      runMillis(5);
      world.release();
      runMillis(5);
      // §2.25.1: b has not yet heard that a knows of it.
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void regular_responder_delete_on_its_way() {
    packetsMayBeLost();
    everySeed(() -> {
      world.hold(delete(b));
      rekeys(a);
      expires(b);
      runMillis(20);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
      world.release();
    });
  }

  @Test
  void regular_delete_timeout() {
    everySeed(() -> {
      world.loseOne(deleteAnswer(b));
      rekeys(a);
      runMillis(8000);
      assertThat(firstDeletes(a)).isEqualTo(1);
      assertThat(count(delete(a))).as("and repeated").isEqualTo(2);
      assertThat(count(deleteAnswer(b))).isEqualTo(2);
      assertThat(a.childrenWith(b)).isEqualTo(1);
      assertThat(b.childrenWith(a)).isEqualTo(1);
    });
  }
}
