package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("api")
class WebhookLossIT {
  /** istio#26380, istio#21147: the injector is down and nothing can be scheduled. */
  @Test
  void istio26380_withoutAControllerOptedInNamespacesWaitAndAllOthersWork() {
    try (var world = WebhookWorld.start("loss")) {
      world.namespace("plain", Map.of());
      // What starts the controller again must not wait for it, whatever somebody labels.
      for (var reserved : new String[] {"kube-system", LiveController.NAMESPACE}) {
        world.controller().optIn(reserved);
      }
      world.controller().stop();

      var refused = world.create("shop", WebhookWorld.pod("late", ""));

      assertThat(refused.ok()).isFalse();
      assertThat(refused.err()).contains("failed calling webhook", "inject.podseal.io");
      for (var free : new String[] {"plain", "kube-system", LiveController.NAMESPACE}) {
        assertThat(WebhookWorld.initContainers(world.created(free, WebhookWorld.pod("free", ""))))
            .as(free)
            .isEmpty();
      }
      world.created("shop", WebhookWorld.pod("out", "labels: {podseal.io/inject: \"false\"}"));

      // The last way out that podsealctl check names.
      world.client().resource(world.configuration()).delete();
      await("pods without a webhook")
          .atMost(Duration.ofSeconds(20))
          .until(() -> world.create("shop", WebhookWorld.pod("late", "")).ok());
    }
  }
}
