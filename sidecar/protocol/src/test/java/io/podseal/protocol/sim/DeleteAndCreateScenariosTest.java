package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.CryptoOffer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * Deletes and creations against each other and against rekeys (RFC 7296 §1.4.1, §2.25). The names
 * of the nested classes and of their tests are those of strongSwan's suites child_delete,
 * ike_delete and child_create, with a few of our own between.
 */
@SuppressWarnings("MemberName") // the names are to be found in the other suites
class DeleteAndCreateScenariosTest {
  @Nested
  class ChildDelete extends TwoEnds {
    @BeforeEach
    void lossy() {
      packetsMayBeLost();
    }

    @Test
    void regular() {
      everySeed(() -> {
        DeletePayload ofB = deleteOfChild(b);
        expires(a);
        runMillis(4);
        assertThat(count(delete(a))).isEqualTo(1);
        // §1.4.1: the answer lists the other half.
        assertThat(deletesAnswered(b)).containsExactly(ofB);
      });
    }

    @Test
    void collision() {
      everySeed(() -> {
        expires(a);
        expires(b);
        runMillis(4);
        // §1.4.1: if both delete the same pair at once, neither lists its half in the answer.
        assertThat(answersToDeletes(a)).containsExactly(List.of());
        assertThat(answersToDeletes(b)).containsExactly(List.of());
      });
    }

    @Test
    void collision_drop() {
      everySeed(() -> {
        world.loseOne(delete(a));
        expires(a);
        expires(b);
        runMillis(4);
        // §1.4.1: a knows of the collision, and b does not.
        assertThat(answersToDeletes(a)).containsExactly(List.of());
        assertThat(answersToDeletes(b)).isEmpty();
        runMillis(2000);
        // The Delete that comes again is of a child that b has no more.
        assertThat(answersToDeletes(b)).containsExactly(List.of());
        assertThat(firstDeletes(a)).isEqualTo(1);
        assertThat(firstDeletes(b)).isEqualTo(1);
        assertThat(newChildren(a)).as("b's, that a's Delete does not mean").isEqualTo(1);
        assertThat(newChildren(b)).isEqualTo(1);
      });
    }

    @Test
    void collision_ike_rekey() {
      everySeed(() -> {
        DeletePayload ofB = deleteOfChild(b);
        expires(a);
        rekeysIke(b);
        runMillis(2);
        // §2.25.2: an end that deletes a child does not rekey the IKE SA.
        assertThat(errorsOf(a)).containsExactly(NotifyType.TEMPORARY_FAILURE);
        // §2.25.2: one that rekeys the IKE SA takes the Delete of a child as ever.
        assertThat(deletesAnswered(b)).containsExactly(ofB);
        runMillis(20_000);
        assertThat(ikeRekeys(b)).isEqualTo(1);
      });
    }

    @Test
    void collision_ike_delete() {
      everySeed(() -> {
        long before = ikeSa(a);
        expires(a);
        deletesIke(b);
        runMillis(4);
        assertThat(firstDeletes(a)).isEqualTo(1);
        assertThat(ikeSasDeletedBy(a)).isEmpty();
        assertThat(ikeSasDeletedBy(b)).containsExactly(before);
        // §1.4.1: the answer to a Delete of the IKE SA is empty, and b's child has gone with it.
        assertThat(answersToDeletes(a)).containsExactly(List.of());
        assertThat(answersToDeletes(b)).containsExactly(List.of());
      });
    }
  }

  @Nested
  class IkeDelete extends TwoEnds {
    @BeforeEach
    void lossy() {
      packetsMayBeLost();
    }

    @Test
    void regular() {
      everySeed(() -> {
        long before = ikeSa(a);
        deletesIke(a);
        runMillis(50);
        assertThat(a.establishedWith(b)).noneMatch(sa -> sa.initiatorSpi() == before);
        assertThat(b.establishedWith(a)).noneMatch(sa -> sa.initiatorSpi() == before);
      });
    }

    @Test
    void collision() {
      everySeed(this::bothDelete);
    }

    /** §2.25.2: each answers as usual. */
    private void bothDelete() {
      long before = ikeSa(a);
      deletesIke(a);
      deletesIke(b);
      runMillis(4);
      assertThat(ikeSasDeletedBy(a)).containsExactly(before);
      assertThat(ikeSasDeletedBy(b)).containsExactly(before);
      assertThat(answersToDeletes(a)).containsExactly(List.of());
      assertThat(answersToDeletes(b)).containsExactly(List.of());
    }

    /** §2.25.2: each forgets its own. */
    @Test
    void collision_without_answers() {
      everySeed(() -> {
        // After the traffic, so that nothing asks for another IKE SA.
        runMillis(2000);
        world.hold(deleteAnswer(a));
        world.hold(deleteAnswer(b));
        bothDelete();
        runMillis(2000);
        assertThat(world.sent).as("two Deletes and two answers").hasSize(4);
        world.release();
      });
    }
  }

  @Nested
  class ChildCreate extends TwoEnds {
    @BeforeEach
    void lossy() {
      packetsMayBeLost();
    }

    private void loseTheChild() {
      expires(a);
      runMillis(3);
    }

    /** An end that has a child does not ask for another like it. */
    @Test
    void duplicate() {
      everySeed(() -> {
        for (Host host : List.of(a, b)) {
          host.run(host.endpoint().sealingNeeded(other(host).identity, host.now()));
          host.run(host.endpoint().connect(other(host).identity, host.now()));
        }
        runMillis(1000);
        assertThat(world.sent).as("IKE messages").isEmpty();
        assertThat(a.childrenWith(b)).isEqualTo(1);
        assertThat(b.childrenWith(a)).isEqualTo(1);
      });
    }

    /** Both ends have packets and no child: one of the two that are made goes. */
    @Test
    void both_create() {
      everySeed(() -> {
        loseTheChild();
        runMillis(20);
        assertThat(newChildren(a)).as("made, with that of each end").isEqualTo(2);
      });
    }

    @Test
    void collision_ike_rekey() {
      everySeed(() -> {
        loseTheChild();
        a.send(b, 1000);
        rekeysIke(b);
        runMillis(1);
        // §2.25.2: each refuses what the other begins.
        assertThat(errorsOf(a)).containsExactly(NotifyType.TEMPORARY_FAILURE);
        assertThat(errorsOf(b)).containsExactly(NotifyType.TEMPORARY_FAILURE);
        runMillis(20_000);
        assertThat(ikeRekeys(b)).isEqualTo(1);
      });
    }

    @Test
    void multi_ke() {
      offers(CryptoOffer.HYBRID, CryptoOffer.HYBRID);
      everySeed(() -> {
        loseTheChild();
        runMillis(100);
        assertThat(count(followup(a)) + count(followup(b))).isPositive();
      });
    }
  }

  /**
   * An IKE SA that has lost its only child; for those that begin without, see the suite of them.
   */
  @Nested
  class LeftWithoutChild extends TwoEnds {
    @BeforeEach
    void lossy() {
      packetsMayBeLost();
    }

    private void childless() {
      // After the traffic, so that nothing asks for another child.
      runMillis(2000);
      expires(a);
      runMillis(50);
      assertThat(a.childrenWith(b) + b.childrenWith(a)).isZero();
      assertThat(a.establishedWith(b)).hasSize(1);
    }

    @Test
    void regular() {
      everySeed(() -> {
        long before = ikeSa(a);
        childless();
        assertThat(ikeSa(a)).isEqualTo(before);
      });
    }

    @Test
    void ike_rekey() {
      everySeed(() -> {
        childless();
        rekeysIke(a);
        runMillis(100);
        assertThat(ikeRekeys(b)).isEqualTo(1);
      });
    }

    @Test
    void ike_delete() {
      everySeed(() -> {
        childless();
        deletesIke(b);
      });
    }

    @Test
    void reauthentication() {
      everySeed(() -> {
        childless();
        replacesIke(a);
      });
    }
  }
}
