package io.podseal.sidecar.obs;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.telemetry.ProtocolEvent;
import org.junit.jupiter.api.Test;

class SidecarMetricsTest {
  private final SidecarMetrics metrics = new SidecarMetrics(sas -> {});

  private void refused(String notify) {
    metrics.count(new ProtocolEvent.Refused("shop/orders", "10.0.0.1:500", true, notify, "no"));
  }

  @Test
  void aPeerThatRefusesWithEveryNumberThereIsAddsOneLabel() {
    for (int type = 8192; type < 16_384; type++) {
      refused("NOTIFY_" + type);
    }
    refused("TS_UNACCEPTABLE");
    assertThat(metrics.scrape().lines().filter(l -> l.startsWith("podseal_ike_refused_total")))
        .containsExactlyInAnyOrder(
            "podseal_ike_refused_total{by=\"peer\",notify=\"other\"} 8192.0",
            "podseal_ike_refused_total{by=\"peer\",notify=\"TS_UNACCEPTABLE\"} 1.0");
  }

  @Test
  void theBuildIsNamed() {
    metrics.build("1.2.3");
    assertThat(metrics.scrape()).contains("podseal_build_info{version=\"1.2.3\"} 1");
  }
}
