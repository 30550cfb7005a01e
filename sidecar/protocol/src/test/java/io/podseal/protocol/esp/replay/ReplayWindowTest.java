package io.podseal.protocol.esp.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ReplayWindowTest {
  private static final int NARROW = 64;
  private final ReplayWindow window = new ReplayWindow(NARROW);

  @Test
  void firstPacketIsAcceptedOnce() {
    assertThat(window.mark(1)).isTrue();
    assertThat(window.mark(1)).isFalse();
    assertThat(window.isSeen(1)).isTrue();
  }

  @Test
  void sequenceZeroIsRefused() {
    assertThat(window.mark(0)).isFalse();
    window.mark(10);
    assertThat(window.mark(0)).isFalse();
  }

  @Test
  void windowEndsExactlyAtItsWidth() {
    window.mark(100);

    assertThat(window.isTooOld(37)).isFalse();
    assertThat(window.mark(37)).isTrue();
    assertThat(window.isTooOld(36)).isTrue();
    assertThat(window.mark(36)).isFalse();
  }

  @Test
  void jumpLeavesTheNumbersBeforeItAcceptableOnce() {
    window.mark(100);
    window.mark(1000);

    for (long s = 937; s < 1000; s++) {
      assertThat(window.mark(s)).as("first copy of %s", s).isTrue();
      assertThat(window.mark(s)).as("second copy of %s", s).isFalse();
    }
    assertThat(window.mark(936)).isFalse();
  }

  @Test
  void jumpBeyondTheRingForgetsOldBits() {
    for (long s = 1; s <= 500; s++) {
      window.mark(s);
    }
    long far = 1_000_000;
    window.mark(far);

    assertThat(window.mark(far - 1)).isTrue();
    assertThat(window.mark(far - 1)).isFalse();
    assertThat(window.mark(far - 63)).isTrue();
  }

  @Test
  void oneRevolutionLaterTheSameWordHoldsNoStaleBits() {
    int ringBits = 128; // two words for a window of 64
    window.mark(5);
    window.mark(5 + ringBits);
    window.mark(6 + ringBits);

    assertThat(window.isSeen(4 + ringBits)).isFalse();
    window.mark(5 + 2L * ringBits);
    assertThat(window.mark(6 + 2L * ringBits - 10)).isTrue();
    assertThat(window.mark(4 + 2L * ringBits)).isTrue();
  }

  @Test
  void numbersNearTwoToThe32AreAcceptedOnceInAnyOrder() {
    long[] order = {0xfffffff5L, 0xffffffffL, 0xfffffff0L, 0xfffffffeL, 0xfffffff1L};
    for (long s : order) {
      assertThat(window.mark(s)).as("%x", s).isTrue();
    }
    for (long s : order) {
      assertThat(window.mark(s)).as("%x again", s).isFalse();
    }
    assertThat(window.mark(1)).as("long before the window").isFalse();
  }

  @Test
  void extendedNumberIsInferredWhenTheWindowStraddlesTwoHighHalves() {
    window.mark(0x1_0000_0005L);

    assertThat(window.infer(0xfffffff0)).isEqualTo(0x0_ffff_fff0L);
    assertThat(window.infer(6)).isEqualTo(0x1_0000_0006L);
    assertThat(window.mark(window.infer(0xfffffff0))).isTrue();
  }

  @Test
  void extendedNumberMovesToTheNextHighHalfNearTheEndOfOne() {
    window.mark(0x0_ffff_fff0L);

    assertThat(window.infer(3)).isEqualTo(0x1_0000_0003L);
    assertThat(window.infer(0xffffffff)).isEqualTo(0x0_ffff_ffffL);
  }

  @Test
  void extendedNumberBeforeTheFirstOfTheSaIsRefused() {
    window.mark(5);

    assertThat(window.infer(0xffffffff)).isZero();
    assertThat(window.mark(window.infer(0xffffffff))).isFalse();
  }

  @Test
  void usableWidthIsWhatWasAskedForAndNotTheRing() {
    ReplayWindow wide = new ReplayWindow(992);
    wide.mark(10_000);

    assertThat(wide.isTooOld(10_000 - 991)).isFalse();
    assertThat(wide.mark(10_000 - 991)).isTrue();
    assertThat(wide.mark(10_000 - 992)).isFalse();
  }

  @Test
  void ofTwoCopiesThatPassedTheCheckTogetherOneWins() {
    window.mark(50);
    boolean bothLookFresh = !window.isSeen(49) && !window.isTooOld(49);

    assertThat(bothLookFresh).isTrue();
    assertThat(window.mark(49)).isTrue();
    assertThat(window.mark(49)).isFalse();
  }

  @Test
  void numbersOfTheUppermostHalfAreUnsigned() {
    window.mark(-2L);

    assertThat(window.mark(-1L)).isTrue();
    assertThat(window.mark(-1L)).isFalse();
    assertThat(window.mark(Long.MAX_VALUE)).isFalse();
    assertThat(window.top()).isEqualTo(-1L);
  }

  /** There a window was as long as its sender said, and the array behind it was not. */
  @Test
  void cve_2017_7184_noNumberReachesPastTheRingWhateverTheWidth() {
    long[] numbers = {
      1,
      63,
      64,
      65,
      127,
      128,
      0x7fff_ffffL,
      0x8000_0000L,
      0xffff_ffffL,
      0x1_0000_0000L,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      -65,
      -64,
      -63,
      -1
    };
    for (int size = 32; size <= 1100; size++) {
      for (long first : numbers) {
        for (long second : numbers) {
          ReplayWindow window = new ReplayWindow(size);
          assertThat(window.mark(first)).isTrue();
          boolean open = !window.isTooOld(second) && !window.isSeen(second);
          assertThat(window.mark(second)).as("%d %d %d", size, first, second).isEqualTo(open);
          assertThat(window.mark(second)).isFalse();
          assertThat((int) window.infer((int) second)).isIn((int) second, 0);
        }
      }
    }
  }

  @Test
  void widthBelowThirtyTwoIsRefused() {
    assertThatThrownBy(() -> new ReplayWindow(31)).isInstanceOf(IllegalArgumentException.class);
  }

  /** Against a model that keeps every number ever accepted. */
  @Test
  void agreesWithANaiveModelOnRandomArrivals() {
    long seed = 20_26_11_23;
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      int size = 32 + random.nextInt(2000);
      ReplayWindow ring = new ReplayWindow(size);
      long start = random.nextBoolean() ? 0 : random.nextLong(1L << 40);
      long top = 0;
      Set<Long> accepted = new HashSet<>();
      List<Long> recent = new ArrayList<>(List.of(start + 1));
      for (int i = 0; i < 2000; i++) {
        long s =
            switch (random.nextInt(4)) {
              case 0 -> Math.max(start, top) + 1 + random.nextInt(3);
              case 1 -> recent.get(random.nextInt(recent.size()));
              case 2 -> Math.max(0, top - random.nextInt(2 * size));
              default -> Math.max(start, top) + random.nextInt(random.nextInt(10) == 0 ? 9000 : 90);
            };
        boolean expected = s > 0 && s > top - size && !accepted.contains(s);
        boolean fresh = !ring.isTooOld(s) && !ring.isSeen(s) && s != 0;

        assertThat(fresh).as("check %s, seed %s, round %s", s, seed, round).isEqualTo(expected);
        assertThat(ring.mark(s))
            .as("mark %s, seed %s, round %s", s, seed, round)
            .isEqualTo(expected);
        if (expected) {
          accepted.add(s);
          top = Math.max(top, s);
        }
        recent.add(s);
        assertThat(ring.top()).isEqualTo(top);
      }
    }
  }

  /** What a sender sent within the window is what the receiver infers. */
  @Test
  void infersEveryNumberThatIsInTheWindowOrSoonAfterIt() {
    long seed = 42;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      ReplayWindow ring = new ReplayWindow(1024);
      long top = 2000 + random.nextLong(1L << 36);
      if (random.nextBoolean()) {
        top = (top & ~0xffffffffL) + (1L << 32) + random.nextInt(3000) - 1500;
      }
      ring.mark(top);
      long sent = top - 1023 + random.nextInt(1_000_000);

      assertThat(ring.infer((int) sent)).as("top %s, seed %s", top, seed).isEqualTo(sent);
    }
  }
}
