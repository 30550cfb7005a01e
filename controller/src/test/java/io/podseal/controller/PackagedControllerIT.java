package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.controller.apiserver.MockApiServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged application as a process of its own, as the image runs it. */
@Tag("mass")
class PackagedControllerIT {
  private final MockApiServer api = MockApiServer.start();
  private final Shop shop = new Shop(api);
  private final List<PackagedController> started = new ArrayList<>();
  @TempDir private Path folder = Path.of("");

  @AfterEach
  void stop() {
    started.forEach(PackagedController::close);
    api.close();
  }

  @Test
  void startsServesReportsAndStops() throws Exception {
    var controller = start(api.kubeconfig(), Map.of());
    int control = controller.controlPort();
    int http = controller.httpPort();

    await().until(() -> get(http, "/q/health/ready").statusCode() == 200);
    assertThat(get(http, "/q/health/live").statusCode()).isEqualTo(200);
    var pod = pod();
    try (var sidecar = shop.connect(control, pod)) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
      assertThat(sidecar.self().getIdentity())
          .isEqualTo(pod.getMetadata().getUid() + ".shop.pods.cluster.local");
      assertThat(get(http, "/q/metrics").body())
          .contains("podseal_streams 1.0", "podseal_key_epoch 1.0", "podseal_certificate_expiry")
          .contains("podseal_push_convergence_seconds_bucket{le=\"0.01\"}")
          .containsPattern("podseal_build_info\\{version=\"\\d[^\"]+\"\\} 1\\.0");
    }

    controller.process().destroy();
    assertThat(controller.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(controller.output)
        .noneMatch(line -> line.contains("WARN") || line.contains("ERROR"));
    assertThat(controller.output)
        .noneMatch(line -> line.toLowerCase(Locale.ROOT).contains("warning"));
  }

  @Test
  void saysInOneLineThatTheApiServerIsNotThere() throws Exception {
    var nowhere = api.kubeconfig();
    api.close();
    var controller = start(nowhere, Map.of());

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> controller.output.stream().anyMatch(line -> line.contains("ERROR")));
    assertThat(controller.output.stream().filter(line -> line.contains("ERROR")))
        .singleElement()
        .asString()
        .contains("cannot load the certificate authority", "is the API server up and KUBECONFIG");
    assertThat(controller.output).noneMatch(line -> line.startsWith("\tat "));
    assertThat(get(controller.httpPort(), "/q/health/ready").statusCode()).isEqualTo(503);
  }

  @Test
  void saysInOneLineThatTheApiServerWentAwayAndServesOn() throws Exception {
    var controller = start(api.kubeconfig(), Map.of());
    int http = controller.httpPort();
    try (var sidecar = shop.connect(controller.controlPort(), pod())) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
      api.close();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              controller.output.stream().anyMatch(line -> line.contains("not watching pods")));
      assertThat(sidecar.ended()).as("output: %s", controller.output).isNull();
      assertThat(get(http, "/q/health/ready").statusCode()).isEqualTo(200);
      assertThat(controller.output).noneMatch(line -> line.startsWith("\tat "));
    }
  }

  @Test
  void framesAndRequestsStayOutOfTheLogWhateverItsLevel() throws Exception {
    var controller =
        start(
            api.kubeconfig(),
            Map.of(
                "QUARKUS_LOG_LEVEL", "TRACE",
                "QUARKUS_LOG_CATEGORY__IO_GRPC_NETTY__LEVEL", "TRACE",
                "QUARKUS_LOG_CATEGORY__IO_FABRIC8_KUBERNETES_CLIENT_HTTP__LEVEL", "TRACE"));
    var pod = pod();
    try (var sidecar = shop.connect(controller.controlPort(), pod)) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
    }

    assertThat(controller.output).anyMatch(line -> line.contains("DEBUG"));
    assertThat(controller.output).noneMatch(line -> line.contains(" DATA: streamId"));
    assertThat(controller.output)
        .noneMatch(line -> line.contains(Base64.getEncoder().encodeToString(shop.master())));
  }

  /** The chart's logLevel is QUARKUS_LOG_LEVEL. */
  @Test
  void theAuditLogSpeaksWhateverTheLevelOfTheRest() throws Exception {
    var controller =
        start(
            api.kubeconfig(),
            Map.of("QUARKUS_LOG_LEVEL", "ERROR", "QUARKUS_LOG_CATEGORY__PODSEAL__LEVEL", "INFO"));
    try (var sidecar = shop.connect(controller.controlPort(), pod())) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
    }

    assertThat(controller.output)
        .anyMatch(line -> line.contains("[audit] stream opened: pod=shop/orders-0"));
  }

  private Pod pod() {
    return shop.pod("orders-0", "orders", "10.0.0.1", true);
  }

  private PackagedController start(String kubeconfig, Map<String, String> environment) {
    var controller = PackagedController.start(folder, kubeconfig, List.of(), environment);
    started.add(controller);
    return controller;
  }

  private static HttpResponse<String> get(int port, String path)
      throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
