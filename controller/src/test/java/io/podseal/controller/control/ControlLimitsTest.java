package io.podseal.controller.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlLimitsTest {
  private static final ControlLimits USUAL = ControlLimits.DEFAULT;

  @Test
  void theUsualIntervalOfReviewsIsFiveMinutesAndChangingItChangesNothingElse() {
    assertThat(USUAL.reviewInterval()).isEqualTo(Duration.ofMinutes(5));

    var often = USUAL.reviewingEvery(Duration.ofSeconds(2));
    assertThat(often.reviewInterval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(often.reviewingEvery(USUAL.reviewInterval())).isEqualTo(USUAL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT1S", "PT1H"})
  void anIntervalOfReviewsWithinItsBoundsIsTaken(Duration interval) {
    assertThat(USUAL.reviewingEvery(interval).reviewInterval()).isEqualTo(interval);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-PT5M", "PT0S", "PT0.999S", "PT1H0.001S"})
  void anIntervalOfReviewsBeyondItsBoundsIsRefusedByTheNameOfItsSetting(Duration interval) {
    assertThatThrownBy(() -> USUAL.reviewingEvery(interval))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("PODSEAL_REVIEW_INTERVAL", interval.toString());
  }
}
