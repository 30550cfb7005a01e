package io.podseal.protocol.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every committed input, again: none throws, hangs or costs too much. */
class CorpusTest {
  /** A machine under load is slow; an input that hangs takes longer than any. */
  private static final Duration LONGEST = Duration.ofSeconds(20);

  static List<FuzzTarget> targets() {
    return Targets.all();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void noInputBreaksAPromise(FuzzTarget target) {
    if ("write".equals(System.getProperty("podseal.fuzz.seeds"))) {
      Corpus.of(target).writeSeeds();
    }
    List<Seed> inputs = Corpus.of(target).inputs();
    assertThat(inputs).as("corpus of %s", target.name()).isNotEmpty();
    for (Seed input : inputs) {
      assertTimeoutPreemptively(
          LONGEST, () -> replay(target, input), () -> target.name() + " hangs on " + input);
    }
  }

  private static void replay(FuzzTarget target, Seed input) {
    try {
      target.run(input.octets());
    } catch (RuntimeException | Error e) {
      throw new AssertionError(target.name() + " breaks a promise with " + input, e);
    }
  }

  @Test
  void namesOfTargetsAreUnique() {
    assertThat(Targets.all().stream().map(FuzzTarget::name)).doesNotHaveDuplicates();
  }
}
