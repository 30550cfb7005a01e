package io.podseal.protocol.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.podseal.protocol.sim.Siege;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** A seed that is refused at once would lead a fuzzer nowhere. */
  @ParameterizedTest
  @CsvSource({
    "endpoint-followup, child-rekey, ChildSaInstalled, 2",
    "endpoint-followup, child-create, ChildSaInstalled, 2",
    "endpoint-followup, ike-rekey, IkeSaRekeyed, 1",
    "endpoint-followup, child-rekey-of-a, ChildSaInstalled, 2",
    "endpoint-followup, ike-rekey-of-a, IkeSaRekeyed, 1",
    "endpoint-followup, followup-alone, ChildSaInstalled, 1",
    "endpoint-intermediate, intermediate-then-auth, Refused, 1",
    "endpoint-intermediate, intermediate-without-key, Refused, 1",
    "endpoint-intermediate, intermediate, Refused, 0",
    "endpoint-fragments, response-child-rekey, ChildSaInstalled, 2",
    "endpoint-fragments, response-backwards, ChildSaInstalled, 2",
    "endpoint-fragments, response-cut-anew, ChildSaInstalled, 2",
    "endpoint-fragments, response-whole-after-a-part, ChildSaInstalled, 2",
    "endpoint-fragments, response-ike-rekey, IkeSaRekeyed, 1",
    "endpoint-fragments, response-unasked, ChildSaInstalled, 1",
    "endpoint-cbc, response-child-rekey, ChildSaInstalled, 2",
    "endpoint-cbc, response-ike-rekey, IkeSaRekeyed, 1"
  })
  void seedsLeadWhereTheirNamesSay(String target, String seed, String event, int times) {
    byte[] script =
        Corpus.of(Targets.named(target)).inputs().stream()
            .filter(s -> s.name().equals(seed))
            .findFirst()
            .orElseThrow()
            .octets();
    Siege siege = ((EndpointTarget) Targets.named(target)).played(script);
    assertThat(siege.seenAt(seed.endsWith("-of-a"), event)).isEqualTo(times);
  }

  @Test
  void namesOfTargetsAreUnique() {
    assertThat(Targets.all().stream().map(FuzzTarget::name)).doesNotHaveDuplicates();
  }
}
