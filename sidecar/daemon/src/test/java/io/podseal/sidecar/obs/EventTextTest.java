package io.podseal.sidecar.obs;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import org.junit.jupiter.api.Test;

final class EventTextTest {
  @Test
  void whoNeverGetsAnAnswerIsToldWhereToLook() {
    assertThat(closed(CloseReason.NO_ANSWER, false))
        .contains("ended (no_answer)", "NetworkPolicy", "UDP 500 and 4500", "podsealctl check");
  }

  @Test
  void aPeerThatDiesOrGoesNeedsNoAdvice() {
    assertThat(closed(CloseReason.NO_ANSWER, true)).doesNotContain("NetworkPolicy");
    assertThat(closed(CloseReason.PEER_REMOVED, false)).doesNotContain("NetworkPolicy");
  }

  private static String closed(CloseReason reason, boolean wasEstablished) {
    return EventText.of(
        new ProtocolEvent.IkeSaClosed("shop/b", "10.0.0.2:4500", "1:2", reason, wasEstablished));
  }
}
