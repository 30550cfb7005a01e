package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("api")
@ExtendWith(Api.class)
class WebhookLossIT {
  /** istio#26380, istio#21147: the injector is down and nothing can be scheduled. */
  @Test
  void istio26380_withoutAControllerOptedInNamespacesWaitAndAllOthersWork() {
    try (var world = WebhookWorld.start("loss")) {
      // What starts the controller again must not wait for it, whatever somebody labels.
      var reserved = new ArrayList<>(List.of(LiveController.NAMESPACE));
      if (world.isOurs()) {
        reserved.add("kube-system");
      }
      reserved.forEach(world.controller()::optIn);
      world.controller().stop();

      var refused = world.create(world.shop(), WebhookWorld.pod("late", ""));

      assertThat(refused.ok()).isFalse();
      assertThat(refused.err()).contains("failed calling webhook", "inject.podseal.io");
      reserved.add(world.namespace(Map.of()));
      for (var free : reserved) {
        assertThat(WebhookWorld.initContainers(world.created(free, WebhookWorld.pod("free", ""))))
            .as(free)
            .isEmpty();
      }
      world.created(
          world.shop(), WebhookWorld.pod("out", "labels: {podseal.io/inject: \"false\"}"));

      // The last way out that podsealctl check names.
      world.client().resource(world.configuration()).delete();
      await("pods without a webhook")
          .atMost(Duration.ofSeconds(20))
          .until(() -> world.create(world.shop(), WebhookWorld.pod("late", "")).ok());
    }
  }
}
