package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Two ends change the same child or IKE SA at the same time (RFC 7296 §2.8.1, §2.25): what has no
 * namesake in the scenario classes.
 */
class CollisionSimTest extends TwoEnds {
  private void bothRekey() {
    rekeys(a);
    rekeys(b);
  }

  @Test
  void theSaOfTheExchangeWithTheLowestNonceGoes() {
    int[] survivorsOfA = {0};
    everySeed(() -> {
      bothRekey();
      world.run(Duration.ofSeconds(10));
      boolean aHoldsLowest = lowestNonce(a).compareTo(lowestNonce(b)) < 0;
      List<ProtocolEvent.ChildSaInstalled> made =
          a.events(ProtocolEvent.ChildSaInstalled.class).stream()
              .filter(ProtocolEvent.ChildSaInstalled::rekey)
              .toList();
      // At a the peer's exchange made the first new child, its own the second.
      int survivor = a.outboundTo(b).orElseThrow();
      String expected = made.get(aHoldsLowest ? 0 : 1).inboundSpi();
      assertThat("%08x".formatted(survivor)).isEqualTo(expected);
      survivorsOfA[0] += aHoldsLowest ? 0 : 1;
    });
    assertThat(survivorsOfA[0]).isBetween(1, 7);
  }

  /** The lower nonce of the exchange that {@code initiator} began. */
  private Bytes lowestNonce(Host initiator) {
    Host responder = other(initiator);
    return world.sent.stream()
        .filter(request(initiator).or(answer(responder)))
        .flatMap(s -> open(s).nonce().stream())
        .limit(2)
        .min(Bytes::compareTo)
        .orElseThrow();
  }

  @Test
  void anAnswerIsLost() {
    everySeed(() -> {
      world.loseOne(answer(b));
      bothRekey();
    });
  }

  @Test
  void bothAnswersAreDelayed() {
    everySeed(() -> {
      world.hold(answer(b));
      world.hold(answer(a));
      bothRekey();
      runMillis(100);
      world.release();
    });
  }

  @Test
  void theAnswerToOneRekeyIsDelayedUntilTheNextIsDone() {
    everySeed(() -> {
      world.hold(answer(b));
      rekeys(a);
      runMillis(50);
      rekeys(b);
      runMillis(50);
      world.release();
    });
  }

  @Test
  void theDeleteOfTheOldChildIsLost() {
    everySeed(() -> {
      world.loseOne(delete(a));
      rekeys(a);
      runMillis(100);
      rekeys(b);
    });
  }

  @Test
  void aRekeyCrossesADeleteOfThePreviousChild() {
    everySeed(() -> {
      world.hold(delete(a));
      rekeys(a);
      runMillis(20);
      rekeys(b);
      runMillis(20);
      world.release();
    });
  }

  @Test
  void rekeysUponRekeys() {
    everySeed(() -> {
      for (int i = 0; i < 20; i++) {
        rekeys(i % 3 == 0 ? b : a);
        rekeys(i % 2 == 0 ? b : a);
        runMillis(i);
      }
    });
  }

  @Test
  void rekeysOfBothKindsUponRekeys() {
    everySeed(() -> {
      for (int i = 0; i < 20; i++) {
        rekeys(i % 3 == 0 ? b : a);
        rekeysIke(i % 2 == 0 ? b : a);
        runMillis(i);
      }
    });
  }

  @Test
  void aRekeyCrossesAReplacementOfTheIkeSa() {
    everySeed(() -> {
      rekeys(a);
      replacesIke(b);
      runMillis(3);
      rekeys(b);
      replacesIke(a);
    });
  }

  @Test
  void bothEndsReplaceTheIkeSaAtOnce() {
    everySeed(() -> {
      replacesIke(a);
      replacesIke(b);
    });
  }

  @Test
  void bothEndsForgetEachOtherAtOnce() {
    packetsMayBeLost();
    everySeed(() -> {
      a.forgets(b);
      b.forgets(a);
      runMillis(10);
      assertThat(a.childrenWith(b) + b.childrenWith(a)).isZero();
      world.run(Duration.ofSeconds(10));
      assertThat(a.endpoint().view()).isEmpty();
      assertThat(b.endpoint().view()).isEmpty();
      // §1.4.1: the answer to a Delete of the IKE SA is empty.
      assertThat(
              world.sent.stream()
                  .filter(deleteAnswer(a))
                  .flatMap(s -> open(s).all(DeletePayload.class).stream()))
          .isEmpty();
      a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
      b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    });
  }
}
