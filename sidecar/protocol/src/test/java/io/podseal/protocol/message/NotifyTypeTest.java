package io.podseal.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.telemetry.ProtocolEvent;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NotifyTypeTest {
  private static String label(int type) {
    return new ProtocolEvent.Refused("", "", true, NotifyType.name(type), "").notifyLabel();
  }

  @Test
  void aTypeHasItsRegisteredNameOrItsNumber() {
    assertThat(NotifyType.name(NotifyType.TS_UNACCEPTABLE)).isEqualTo("TS_UNACCEPTABLE");
    assertThat(NotifyType.name(48)).isEqualTo("TS_MAX_QUEUE");
    assertThat(NotifyType.name(8192)).isEqualTo("NOTIFY_8192");
  }

  @Test
  void typesWithoutANameShareOneMetricLabel() {
    assertThat(label(NotifyType.TS_UNACCEPTABLE)).isEqualTo("TS_UNACCEPTABLE");
    assertThat(label(8192)).isEqualTo("other");
    assertThat(IntStream.range(0, 65_536).mapToObj(NotifyTypeTest::label).distinct().count())
        .isLessThan(80);
  }
}
