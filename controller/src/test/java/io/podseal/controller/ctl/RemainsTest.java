package io.podseal.controller.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.podseal.controller.apiserver.MockApiServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
    pod = InstalledController.of(api.client(), SYSTEM, 3);
    api.client()
        .resource(
            new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("podseal-injector")
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

  @Test
  void podsThatEndedAndStayWhereTheyAreDoNotKeepItFromStopping() {
    inPhase("Failed");
    remains.stopController(Duration.ZERO);
    assertThat(webhook()).isFalse();

    inPhase("Succeeded");
    remains.stopController(Duration.ZERO);

    inPhase("Running");
    assertThatIllegalStateException().isThrownBy(() -> remains.stopController(Duration.ZERO));
  }

  @Test
  void aFailureBesideTheWebhookPutsTheControllerBackToWorkToo() {
    api.client().resource(pod).delete();
    var mute =
        new Remains(
            api.client(),
            SYSTEM,
            line -> {
              throw new IllegalStateException("nobody listens");
            });

    assertThatIllegalStateException()
        .isThrownBy(() -> mute.stopController(Duration.ZERO))
        .withMessage("nobody listens");

    assertThat(replicas()).isEqualTo(3);
    assertThat(webhook()).isTrue();
  }

  @Test
  void anAttemptAfterOneThatWasKilledRestoresWhatThereWasBeforeThat() {
    new Standstill(api.client(), SYSTEM, "podseal-controller").begin();
    assertThat(replicas()).isZero();

    assertThatIllegalStateException().isThrownBy(() -> remains.stopController(Duration.ZERO));

    assertThat(replicas()).isEqualTo(3);
    assertThat(deployment().getMetadata().getAnnotations().get(Standstill.REMEMBERED)).isNull();
  }

  @Test
  void aDeploymentOfWhichNobodyKnowsWhyItHasNoReplicasGetsOne() {
    api.client().resource(deployment()).scale(0);

    assertThatIllegalStateException().isThrownBy(() -> remains.stopController(Duration.ZERO));

    assertThat(replicas()).isOne();
  }

  /** The pods may well be gone by then: the webhook must not follow them. */
  @Test
  void whoGivesUpWhileAnotherWaitsHasTheControllerBackAndItsWebhook() {
    var stopping = CompletableFuture.runAsync(() -> remains.stopController(Duration.ofHours(1)));
    await().until(() -> replicas() == 0);

    assertThat(remains.giveUp()).isTrue();
    api.client().resource(pod).delete();

    assertThatThrownBy(stopping::join).hasMessageContaining("told to end");
    assertThat(replicas()).isEqualTo(3);
    assertThat(webhook()).isTrue();
    assertThat(remains.giveUp()).as("again").isFalse();
  }

  @Test
  void afterTheWebhookHasGoneThereIsNothingToGiveUp() {
    api.client().resource(pod).delete();
    remains.stopController(Duration.ZERO);

    assertThat(remains.giveUp()).isFalse();

    assertThat(replicas()).isZero();
  }

  private void inPhase(String phase) {
    api.client()
        .pods()
        .inNamespace(SYSTEM)
        .withName("podseal-controller-1")
        .edit(pod -> new PodBuilder(pod).withNewStatus().withPhase(phase).endStatus().build());
  }

  private int replicas() {
    return deployment().getSpec().getReplicas();
  }

  private Deployment deployment() {
    return api.client()
        .apps()
        .deployments()
        .inNamespace(SYSTEM)
        .withName("podseal-controller")
        .get();
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
