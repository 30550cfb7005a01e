package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.CryptoOffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Rekeys of a child, alone and against what the peer begins (RFC 7296 §2.8.1, §2.25.1). The names
 * are those of strongSwan's suite child_rekey; what happens in them is ours. There a Delete is
 * forged for a child that the peer does not mean ("incorrect_delete"): ours is a Delete of the old
 * child by the end that did not begin the rekey.
 */
@SuppressWarnings("MemberName") // the names are to be found in the other suite
class ChildRekeyScenariosTest extends TwoEnds {
  static final CryptoOffer HYBRID = CryptoOffer.HYBRID;
  static final CryptoOffer X25519_FIRST =
      CryptoOffer.CLASSIC.withKeyExchange(
          List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.P256));
  static final CryptoOffer P256_ONLY =
      CryptoOffer.CLASSIC.withKeyExchange(List.of(KeyExchangeMethod.P256));

  private void multiKe() {
    offers(HYBRID, HYBRID);
  }

  private void keInvalid() {
    offers(X25519_FIRST, P256_ONLY);
  }

  private void bothRekey() {
    rekeys(a);
    rekeys(b);
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
    keInvalid();
    everySeed(() -> {
      rekeys(a);
      runMillis(100);
      assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
      assertThat(newChildren(a)).isEqualTo(1);
    });
  }

  @Test
  void regular_ke_invalid_multi_ke() {
    offers(
        HYBRID.withKeyExchange(X25519_FIRST.keyExchange()),
        HYBRID.withKeyExchange(P256_ONLY.keyExchange()));
    everySeed(() -> {
      rekeys(a);
      runMillis(100);
      assertThat(errorsOf(b)).containsExactly(NotifyType.INVALID_KE_PAYLOAD);
      assertThat(newChildren(a)).isEqualTo(1);
    });
  }

  @Test
  void regular_responder_ignore_soft_expire() {
    everySeed(() -> {
      world.hold(delete(a));
      rekeys(a);
      runMillis(20);
      // b's old child is replaced: what it rekeys now is the new one.
      rekeys(b);
      runMillis(20);
      world.release();
      runMillis(100);
      assertThat(newChildren(b)).isEqualTo(2);
      assertThat(errorsOf(a)).isEmpty();
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
      world.release();
      runMillis(100);
      assertThat(newChildren(a)).isEqualTo(1);
    });
  }

  @Test
  void regular_responder_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      world.hold(answer(b));
      rekeys(a);
      runMillis(20);
      expires(b);
      runMillis(20);
      world.release();
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
      assertThat(errorsOf(b)).isNotEmpty();
    });
  }

  @Test
  void regular_responder_incorrect_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      world.hold(delete(b));
      rekeys(a);
      expires(b);
      runMillis(20);
      world.release();
    });
  }

  @Test
  void regular_delete_timeout() {
    everySeed(() -> {
      world.loseOne(deleteAnswer(b));
      rekeys(a);
      runMillis(8000);
      assertThat(a.childrenWith(b)).isEqualTo(1);
      assertThat(b.childrenWith(a)).isEqualTo(1);
    });
  }

  @Test
  void collision() {
    everySeed(() -> {
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
    everySeed(this::bothRekey);
  }

  @Test
  void collision_mixed() {
    multiKe();
    everySeed(() -> {
      world.hold(followup(a));
      bothRekey();
      runMillis(20);
      world.release();
    });
  }

  @Test
  void collision_delayed_response() {
    everySeed(() -> {
      world.hold(answer(b));
      bothRekey();
      runMillis(100);
      world.release();
    });
  }

  @Test
  void collision_delayed_response_delete() {
    everySeed(() -> {
      world.hold(answer(b));
      world.hold(delete(b));
      bothRekey();
      runMillis(50);
      world.release();
    });
  }

  @Test
  void collision_delayed_response_multi_ke() {
    multiKe();
    everySeed(() -> {
      world.hold(answer(b));
      bothRekey();
      runMillis(100);
      world.release();
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
      assertThat(errorsOf(b)).hasSize(1);
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
    });
  }

  @Test
  void collision_ke_invalid() {
    keInvalid();
    everySeed(this::bothRekey);
  }

  @Test
  void collision_ke_invalid_delayed_retry() {
    keInvalid();
    everySeed(() -> {
      bothRekey();
      runMillis(2);
      world.hold(request(a));
      runMillis(20);
      world.release();
    });
  }

  @Test
  void collision_responder_incorrect_delete() {
    everySeed(() -> {
      // Each deletes another child than the other, and both requests cross.
      world.hold(delete(a));
      world.hold(delete(b));
      bothRekey();
      runMillis(20);
      assertThat(world.held()).isEqualTo(2);
      world.release();
    });
  }

  @Test
  void collision_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      rekeys(a);
      expires(b);
      runMillis(100);
      assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void collision_delete_multi_ke() {
    multiKe();
    packetsMayBeLost();
    everySeed(() -> {
      rekeys(a);
      runMillis(3);
      expires(b);
    });
  }

  @Test
  void collision_delete_drop_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      world.loseOne(delete(b));
      rekeys(a);
      expires(b);
    });
  }

  @Test
  void collision_delete_drop_rekey() {
    packetsMayBeLost();
    everySeed(() -> {
      world.loseOne(request(a));
      rekeys(a);
      expires(b);
    });
  }

  @Test
  void collision_delete_delayed_response() {
    packetsMayBeLost();
    everySeed(() -> {
      world.hold(answer(b));
      rekeys(a);
      expires(b);
      runMillis(100);
      world.release();
    });
  }

  @Test
  void collision_ike_rekey() {
    everySeed(() -> {
      rekeys(a);
      rekeysIke(b);
      runMillis(100);
      // §2.25.2: each refuses what the other begins; b comes again after a pause.
      assertThat(errorsOf(a)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void collision_ike_delete() {
    packetsMayBeLost();
    everySeed(() -> {
      rekeys(a);
      deletesIke(b);
    });
  }
}
