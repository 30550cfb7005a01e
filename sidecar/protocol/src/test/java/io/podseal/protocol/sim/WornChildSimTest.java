package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Sequence numbers of 32 bits are used up before an hour at a million packets a second. */
class WornChildSimTest extends TwoEnds {
  @Test
  void aChildThatHasUsedHalfOfItsSequenceNumbersIsReplacedWhateverItsAge() {
    everySeed(() -> {
      int before = a.outboundTo(b).orElseThrow();

      a.run(a.endpoint().worn(before, a.now()));
      world.run(Duration.ofSeconds(2));

      int after = a.outboundTo(b).orElseThrow();
      assertThat(after).isNotEqualTo(before);

      a.run(a.endpoint().worn(before, a.now()));
      world.run(Duration.ofSeconds(2));
      assertThat(a.outboundTo(b)).as("the old one is out of use").contains(after);
    });
  }

  @Test
  void bothEndsMayFindItHalfUsedAtOnce() {
    everySeed(() -> {
      int atA = a.outboundTo(b).orElseThrow();
      int atB = b.outboundTo(a).orElseThrow();

      a.run(a.endpoint().worn(atA, a.now()));
      b.run(b.endpoint().worn(atB, b.now()));
      world.run(Duration.ofSeconds(10));

      assertThat(a.outboundTo(b)).isPresent().isNotEqualTo(Optional.of(atA));
      assertThat(b.outboundTo(a)).isPresent().isNotEqualTo(Optional.of(atB));
    });
  }
}
