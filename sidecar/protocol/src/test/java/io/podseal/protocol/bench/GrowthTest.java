package io.podseal.protocol.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@link Growth} measures in time, counted in steps: 10,000 IKE SAs against 100. */
@Tag("mass")
final class GrowthTest {
  private static final int FEW = 100;
  private static final int MANY = 10_000;

  /** From the few to the many, rounded up. */
  private static final int DOUBLINGS = 7;

  /** A level more in each of some trees; what looks at every SA takes thousands more. */
  private static final int STEPS_PER_DOUBLING = 50;

  private static Map<String, Long> ofFew = Map.of();
  private static Map<String, Long> ofMany = Map.of();

  @BeforeAll
  static void count() throws ReflectiveOperationException {
    ofFew = counting().apply(FEW);
    ofMany = counting().apply(MANY);
  }

  @SuppressWarnings("unchecked")
  private static IntFunction<Map<String, Long>> counting() throws ReflectiveOperationException {
    Class<?> counting = new StepLoader().loadClass(StarSteps.class.getName());
    return (IntFunction<Map<String, Long>>) counting.getDeclaredConstructor().newInstance();
  }

  @Test
  void timersAndLookupsTakeStepsByTheLogarithmOfTheSasAtMost() {
    Map<String, Long> expected = new TreeMap<>(ofFew);
    expected.remove(StarSteps.VIEW_OF_ALL);

    assertThat(ofMany).containsOnlyKeys(ofFew.keySet());
    assertThat(expected)
        .isNotEmpty()
        .allSatisfy((what, steps) ->
            assertThat(ofMany.getOrDefault(what, 0L))
                .as(what)
                .isBetween(1L, steps + DOUBLINGS * STEPS_PER_DOUBLING));
  }

  /** Else the counter would see nothing of a look at all SAs. */
  @Test
  void whatLooksAtAllSasTakesStepsForEach() {
    long few = ofFew.getOrDefault(StarSteps.VIEW_OF_ALL, 0L);
    long many = ofMany.getOrDefault(StarSteps.VIEW_OF_ALL, 0L);

    assertThat(few).isGreaterThan(FEW);
    assertThat(many).isGreaterThan(few * (MANY / FEW) / 2);
  }
}
