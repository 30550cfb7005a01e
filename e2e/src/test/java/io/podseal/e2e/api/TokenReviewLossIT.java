package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.grpc.Status;
import io.podseal.controller.TestSidecar;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A real API server that answers every TokenReview of the controller with 500, because it cannot
 * ask an admission webhook that nobody answers for; all else of it works.
 */
@Tag("api")
@ExtendWith(Api.class)
class TokenReviewLossIT {
  private static final String CONFIGURATION = "podseal-e2e-nobody-answers";
  private static final String REVIEW_INTERVAL = "2s";
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final String CONTROLLER =
      "system:serviceaccount:" + Rights.NAMESPACE + ":" + Rights.ACCOUNT;

  private static final Pattern ERRORS =
      Pattern.compile("(?m)^podseal_tokenreview_errors_total(?:\\{.*?})? (\\S+)$");

  private final Resources owned = new Resources();
  private KubernetesClient client;
  private LiveController controller;
  private KubernetesClient asController;
  private String namespace = "";

  @BeforeEach
  void start() throws IOException {
    var parent = Files.createDirectories(Path.of("target", "tokenreview"));
    var folder = Files.createTempDirectory(parent, "run-").toAbsolutePath();
    var vacant = Api.vacant(folder, owned);
    client = vacant.client();
    var config = Config.fromKubeconfig(vacant.kubeconfig().toFile());
    config.setRequestRetryBackoffLimit(0);
    config.setImpersonateUsername(CONTROLLER);
    asController = owned.add(new KubernetesClientBuilder().withConfig(config).build());
    controller =
        owned.add(
            LiveController.start(
                client,
                vacant.kubeconfig(),
                folder,
                Map.of("PODSEAL_REVIEW_INTERVAL", REVIEW_INTERVAL)));
    namespace = controller.namespace();
    owned.add(this::removeConfiguration);
  }

  @AfterEach
  void stop() {
    owned.close();
  }

  @Test
  void whileTokenReviewsFailOpenStreamsServeOnAndNewOnesAreAskedToComeBack() {
    var orders = owned.add(controller.connect(controller.pod(namespace, "orders", "orders")));
    var db = owned.add(controller.connect(controller.pod(namespace, "db", "db")));
    controller.peering(namespace, "orders-to-db", "orders", "db");
    await().atMost(LIMIT).until(() -> orders.peers().size() == 1 && db.peers().size() == 1);
    var web = controller.pod(namespace, "web", "web");

    assertThat(errors()).isZero();
    breakTokenReviews();
    await("reviews of both open streams fail").atMost(LIMIT).until(() -> errors() >= 2);
    assertThat(List.of(orders, db)).allMatch(sidecar -> sidecar.ended() == null);

    double before = errors();
    try (var refused = controller.connect(web)) {
      await().atMost(LIMIT).until(() -> refused.ended() != null);
      assertThat(code(refused)).as("a sidecar tries again").isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(refused.updates()).isEmpty();
    }
    assertThat(errors()).isGreaterThan(before);
    assertThat(controller.metrics())
        .contains("podseal_streams_denied_total{reason=\"api_unavailable\"} 1.0");

    // What else happens in the cluster reaches the open streams, and statuses.
    controller.peering(namespace, "web-to-db", "web", "db");
    await().atMost(LIMIT).until(() -> db.peers().size() == 2);
    await().atMost(LIMIT).until(() -> accepted("web-to-db"));
    assertThat(List.of(orders, db)).allMatch(sidecar -> sidecar.ended() == null);
    assertThat(controller.ready()).isTrue();

    mendTokenReviews();
    var back = owned.add(controller.connect(web));
    await().atMost(LIMIT).until(() -> back.peers().size() == 1);
    assertThat(List.of(orders, db, back)).allMatch(sidecar -> sidecar.ended() == null);
    assertThat(controller.metrics()).contains("podseal_streams 3.0");
    assertThat(controller.logged()).doesNotContain(" ERROR ", "\tat ");
  }

  private void breakTokenReviews() {
    client
        .resource(
            new ValidatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName(CONFIGURATION)
                .endMetadata()
                .addNewWebhook()
                .withName("nobody.podseal.io")
                .withSideEffects("None")
                .withAdmissionReviewVersions("v1")
                .withFailurePolicy("Fail")
                .withNewClientConfig()
                // Port 1 of loopback: refused at once.
                .withUrl("https://127.0.0.1:1/")
                .endClientConfig()
                .addNewRule()
                .withApiGroups("authentication.k8s.io")
                .withApiVersions("v1")
                .withOperations("CREATE")
                .withResources("tokenreviews")
                .endRule()
                .addNewMatchCondition()
                .withName("the-controller-alone")
                .withExpression("request.userInfo.username == '" + CONTROLLER + "'")
                .endMatchCondition()
                .endWebhook()
                .build())
        .createOr(NonDeletingOperation::update);
    await().atMost(LIMIT).until(() -> answerToReview() == HttpURLConnection.HTTP_INTERNAL_ERROR);
  }

  private void mendTokenReviews() {
    removeConfiguration();
    await().atMost(LIMIT).until(() -> answerToReview() == HttpURLConnection.HTTP_OK);
  }

  private void removeConfiguration() {
    client
        .admissionRegistration()
        .v1()
        .validatingWebhookConfigurations()
        .withName(CONFIGURATION)
        .delete();
  }

  private int answerToReview() {
    try {
      asController
          .resource(new TokenReviewBuilder().withNewSpec().withToken("anything").endSpec().build())
          .create();
      return HttpURLConnection.HTTP_OK;
    } catch (KubernetesClientException e) {
      return e.getCode();
    }
  }

  private double errors() {
    var line = ERRORS.matcher(controller.metrics());
    assertThat(line.find()).as("the controller counts them").isTrue();
    return Double.parseDouble(line.group(1));
  }

  private boolean accepted(String name) {
    return Optional.ofNullable(
            client.resources(SecurePeering.class).inNamespace(namespace).withName(name).get())
        .map(SecurePeering::getStatus)
        .map(status -> status.conditions())
        .stream()
        .flatMap(List::stream)
        .anyMatch(condition ->
            condition.getType().equals("Accepted") && condition.getStatus().equals("True"));
  }

  private static Status.Code code(TestSidecar sidecar) {
    var ended = sidecar.ended();
    return ended == null ? Status.Code.OK : ended.getCode();
  }
}
