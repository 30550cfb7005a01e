package io.podseal.controller.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.podseal.controller.apiserver.MockApiServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RemainsTest {
  private static final String SYSTEM = "podseal-system";

  private final MockApiServer api = MockApiServer.start();
  private final List<String> said = new ArrayList<>();
  private final Remains remains = new Remains(api.client(), SYSTEM, said::add);
  private Pod pod = new Pod();

  @BeforeEach
  void install() {
    api.client()
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withNamespace(SYSTEM)
                .withName("podseal-controller")
                .endMetadata()
                .withNewSpec()
                .withReplicas(3)
                .endSpec()
                .build())
        .create();
    api.client()
        .resource(
            new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("podseal-injector")
                .endMetadata()
                .build())
        .create();
    pod =
        api.client()
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace(SYSTEM)
                    .withName("podseal-controller-1")
                    .addToLabels("app.kubernetes.io/name", "podseal-controller")
                    .endMetadata()
                    .build())
            .create();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  /** An uninstallation that fails must not leave a cluster whose new pods are not sealed. */
  @Test
  void aControllerThatDoesNotStopIsLeftAtWorkWithItsWebhook() {
    assertThatIllegalStateException()
        .isThrownBy(() -> remains.stopController(Duration.ZERO))
        .withMessageContaining("kubectl -n podseal-system get pods");

    assertThat(replicas()).isEqualTo(3);
    assertThat(webhook()).isTrue();
    assertThat(said).isEmpty();
  }

  @Test
  void whatStopsTakesItsWebhookAlong() {
    api.client().resource(pod).delete();

    remains.stopController(Duration.ZERO);

    assertThat(replicas()).isZero();
    assertThat(webhook()).isFalse();
    assertThat(said)
        .containsExactly(
            "stopped Deployment podseal-system/podseal-controller",
            "removed MutatingWebhookConfiguration podseal-injector");
    remains.stopController(Duration.ZERO);
  }

  private int replicas() {
    return api.client()
        .apps()
        .deployments()
        .inNamespace(SYSTEM)
        .withName("podseal-controller")
        .get()
        .getSpec()
        .getReplicas();
  }

  private boolean webhook() {
    return api.client()
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName("podseal-injector")
            .get()
        != null;
  }
}
