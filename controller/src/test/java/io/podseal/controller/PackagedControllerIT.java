package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podseal.controller.apiserver.MockApiServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged application as a process of its own, as the image runs it. */
class PackagedControllerIT {
  private static final Path APPLICATION = Path.of("target/quarkus-app/quarkus-run.jar");
  private static final Pattern CONTROL = Pattern.compile("control plane on port (\\d+)");
  private static final Pattern HTTP = Pattern.compile("Listening on: http://[^:]+:(\\d+)");

  private final MockApiServer api = MockApiServer.start();
  private final List<String> output = new CopyOnWriteArrayList<>();
  @TempDir Path folder;
  private final List<Process> started = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    started.forEach(Process::destroyForcibly);
    api.close();
  }

  @Test
  void startsServesReportsAndStops() throws Exception {
    var process = start(api.kubeconfig(), Map.of());
    int control = port(CONTROL);
    int http = port(HTTP);

    await().until(() -> get(http, "/q/health/ready").statusCode() == 200);
    assertThat(get(http, "/q/health/live").statusCode()).isEqualTo(200);
    var pod = pod();
    try (var sidecar = sidecar(control, pod)) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
      assertThat(sidecar.self().getIdentity())
          .isEqualTo(pod.getMetadata().getUid() + ".shop.pods.cluster.local");
      assertThat(get(http, "/q/metrics").body())
          .contains("podseal_streams 1.0", "podseal_key_epoch 1.0", "podseal_certificate_expiry");
    }

    process.destroy();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(output).noneMatch(line -> line.contains("WARN") || line.contains("ERROR"));
    assertThat(output).noneMatch(line -> line.toLowerCase(Locale.ROOT).contains("warning"));
  }

  @Test
  void saysInOneLineThatTheApiServerIsNotThere() throws Exception {
    var nowhere = api.kubeconfig();
    api.close();
    start(nowhere, Map.of());

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> output.stream().anyMatch(line -> line.contains("ERROR")));
    assertThat(output.stream().filter(line -> line.contains("ERROR")))
        .singleElement()
        .asString()
        .contains("cannot load the certificate authority", "is the API server up and KUBECONFIG");
    assertThat(output).noneMatch(line -> line.startsWith("\tat "));
    assertThat(get(port(HTTP), "/q/health/ready").statusCode()).isEqualTo(503);
  }

  @Test
  void saysInOneLineThatTheApiServerWentAwayAndServesOn() throws Exception {
    start(api.kubeconfig(), Map.of());
    int http = port(HTTP);
    try (var sidecar = sidecar(port(CONTROL), pod())) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
      api.close();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> output.stream().anyMatch(line -> line.contains("not watching pods")));
      assertThat(sidecar.ended()).as("output: %s", output).isNull();
      assertThat(get(http, "/q/health/ready").statusCode()).isEqualTo(200);
      assertThat(output).noneMatch(line -> line.startsWith("\tat "));
    }
  }

  @Test
  void framesAndRequestsStayOutOfTheLogWhateverItsLevel() throws Exception {
    start(
        api.kubeconfig(),
        Map.of(
            "QUARKUS_LOG_LEVEL", "TRACE",
            "QUARKUS_LOG_CATEGORY__IO_GRPC_NETTY__LEVEL", "TRACE",
            "QUARKUS_LOG_CATEGORY__IO_FABRIC8_KUBERNETES_CLIENT_HTTP__LEVEL", "TRACE"));
    var pod = pod();
    try (var sidecar = sidecar(port(CONTROL), pod)) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
    }

    var master =
        api.client().secrets().inNamespace("podseal-system").withName("podseal-master").get();
    assertThat(output).anyMatch(line -> line.contains("DEBUG"));
    assertThat(output).noneMatch(line -> line.contains(" DATA: streamId"));
    assertThat(output)
        .noneMatch(line -> line.contains(String.valueOf(master.getData().get("epoch-1"))));
  }

  /** The chart's logLevel is QUARKUS_LOG_LEVEL. */
  @Test
  void theAuditLogSpeaksWhateverTheLevelOfTheRest() throws Exception {
    start(
        api.kubeconfig(),
        Map.of("QUARKUS_LOG_LEVEL", "ERROR", "QUARKUS_LOG_CATEGORY__PODSEAL__LEVEL", "INFO"));
    try (var sidecar = sidecar(port(CONTROL), pod())) {
      await().untilAsserted(() -> assertThat(sidecar.updates()).hasSize(1));
    }

    assertThat(output).anyMatch(line -> line.contains("[audit] stream opened: pod=shop/orders-0"));
  }

  private Pod pod() {
    return api.client()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("orders-0")
                .endMetadata()
                .withNewSpec()
                .withInitContainers(new ContainerBuilder().withName("podseal").build())
                .endSpec()
                .withNewStatus()
                .withPodIP("10.0.0.1")
                .endStatus()
                .build())
        .create();
  }

  private TestSidecar sidecar(int port, Pod pod) {
    var token =
        api.mintToken(
            "shop", "orders-0", pod.getMetadata().getUid(), "default", Duration.ofMinutes(5));
    return TestSidecar.connect(port, root(), ControllerFixture.SERVER_NAME, token);
  }

  private Process start(String kubeconfig, Map<String, String> environment) throws IOException {
    var file = Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                APPLICATION.toString())
            .redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", file.toString());
    builder.environment().put("PODSEAL_CONTROL_PORT", "0");
    builder.environment().put("PODSEAL_WEBHOOK_PORT", "0");
    builder.environment().put("QUARKUS_HTTP_PORT", "0");
    builder.environment().put("QUARKUS_LOG_CATEGORY__IO_QUARKUS__LEVEL", "INFO");
    builder.environment().putAll(environment);
    var process = builder.start();
    started.add(process);
    Thread.ofVirtual()
        .start(() -> {
          try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(output::add);
          } catch (IOException | UncheckedIOException e) {
            output.add("(end of output: " + e.getMessage() + ")");
          }
        });
    return process;
  }

  private int port(Pattern pattern) {
    await()
        .alias("output so far: " + output)
        .atMost(Duration.ofSeconds(60))
        .until(() -> output.stream().map(pattern::matcher).anyMatch(Matcher::find));
    return output.stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
        .findFirst()
        .orElseThrow();
  }

  private String root() {
    var secret = api.client().secrets().inNamespace("podseal-system").withName("podseal-ca").get();
    return new String(
        Base64.getDecoder().decode(String.valueOf(secret.getData().get("ca.crt"))),
        StandardCharsets.US_ASCII);
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
