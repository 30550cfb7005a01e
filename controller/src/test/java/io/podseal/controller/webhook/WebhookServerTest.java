package io.podseal.controller.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.podseal.controller.certs.TestAuthority;
import io.podseal.controller.inject.Injection;
import io.podseal.controller.inject.Injector;
import io.podseal.controller.inject.SidecarTemplate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** AdmissionReviews over real TLS, as the API server sends them. */
class WebhookServerTest {
  private static final JsonMapper JSON = new JsonMapper();

  private final TestAuthority authority = new TestAuthority("localhost");
  private final Queue<Injection> decisions = new ConcurrentLinkedQueue<>();
  private final Queue<String> malformed = new ConcurrentLinkedQueue<>();
  private final WebhookServer server =
      WebhookServer.start(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          authority.certificate(),
          new PodReviewer(
              new Injector(
                  SidecarTemplate.of("c.podseal-system.svc:9443", "s:1", "Never", "info", "{}"),
                  "podseal-system"),
              namespace ->
                  namespace.equals("tight")
                      ? Optional.of(Map.of("pod-security.kubernetes.io/enforce", "restricted"))
                      : Optional.empty(),
              (pod, decision) -> decisions.add(decision)),
          malformed::add);
  private final HttpClient client = HttpClient.newBuilder().sslContext(authority.trust()).build();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void aPodIsAnsweredWithThePatchThatSealsIt() throws Exception {
    var request = review("shop", "{\"spec\":{\"containers\":[{\"name\":\"app\"}]}}");

    var response = send(request).path("response");

    assertThat(response.path("uid")).isEqualTo(request.at("/request/uid"));
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.path("patchType").asText()).isEqualTo("JSONPatch");
    var patch = JSON.readTree(Base64.getDecoder().decode(response.path("patch").asText()));
    assertThat(
            JsonPatch.apply(patch, request.at("/request/object"))
                .at("/spec/initContainers/0/name")
                .asText())
        .isEqualTo("podseal");
    assertThat(decisions).singleElement().isInstanceOf(Injection.Injected.class);
  }

  @Test
  void aDryRunIsAnsweredAlikeButNobodyIsTold() throws Exception {
    var request = review("shop", "{\"spec\":{\"containers\":[{\"name\":\"app\"}]}}");
    ((ObjectNode) request.path("request")).put("dryRun", true);

    assertThat(send(request).at("/response/patch").isTextual()).isTrue();
    assertThat(decisions).isEmpty();
  }

  @Test
  void aRefusalSaysWhatToChange() throws Exception {
    var response =
        send(review("shop", "{\"spec\":{\"containers\":[{\"name\":\"podseal\"}]}}"))
            .path("response");

    assertThat(response.path("allowed").asBoolean(true)).isFalse();
    assertThat(response.at("/status/message").asText())
        .contains("Podseal cannot seal this pod", "choose another");
  }

  @Test
  void whoeverCreatesAPodThatIsNotSealedOrWillBeForbiddenIsWarned() throws Exception {
    assertThat(
            send(review("shop", "{\"spec\":{\"hostNetwork\":true,\"containers\":[{}]}}"))
                .at("/response/warnings/0")
                .asText())
        .contains("does not seal this pod", "network of its node");
    assertThat(
            send(review("tight", "{\"spec\":{\"containers\":[{\"name\":\"app\"}]}}"))
                .at("/response/warnings/0")
                .asText())
        .contains("PodSecurityForbids");
    assertThat(
            send(review(
                    "shop",
                    "{\"spec\":{\"dnsPolicy\":\"Default\",\"containers\":[{\"name\":\"app\"}]}}"))
                .at("/response/warnings/0")
                .asText())
        .contains("NoClusterDns");
  }

  @Test
  void whatIsNoReviewIsCountedAndRefusedInOneLine() throws Exception {
    for (var body :
        new String[] {"", "{", "[]", "null", "{\"apiVersion\":\"v1\"}", "\u0000\u0001"}) {
      var answer = post("/inject", body);
      assertThat(answer.statusCode()).as(body).isEqualTo(400);
      assertThat(answer.body().lines()).hasSize(1);
    }
    assertThat(malformed).hasSize(6);
    assertThat(post("/other", "{}").statusCode()).isEqualTo(404);
    assertThat(post("/inject", "x".repeat(WebhookServer.MAX_BODY + 1)).statusCode()).isEqualTo(413);
    assertThat(malformed).contains("too_long");
    assertThat(decisions).isEmpty();
  }

  @Test
  void noMangledReviewIsADefect() throws Exception {
    var random = new Random(11);
    var good =
        review("shop", "{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"app\"}]}}")
            .toString();
    for (int i = 0; i < 2_000; i++) {
      var text = new StringBuilder(good);
      for (int j = 0; j <= random.nextInt(6); j++) {
        text.setCharAt(random.nextInt(text.length()), "{}[]\":,0n".charAt(random.nextInt(9)));
      }
      assertThat(post("/inject", text.toString()).statusCode())
          .as(text.toString())
          .isNotEqualTo(500);
    }
    assertThat(malformed).doesNotContain("defect");
  }

  @Test
  void aRenewedCertificateIsShownToTheNextCaller() throws Exception {
    post("/inject", "{}");
    var before = authority.shown();
    authority.renew();

    try (var other = HttpClient.newBuilder().sslContext(authority.trust()).build()) {
      var answer = other.send(request("/inject", "{}"), HttpResponse.BodyHandlers.ofString());
      var shown = answer.sslSession().orElseThrow().getPeerCertificates()[0];
      assertThat(shown).isEqualTo(authority.shown()).isNotEqualTo(before);
    }
  }

  @Test
  void whoeverTrustsAnotherAuthorityDoesNotConnect() {
    try (var stranger =
        HttpClient.newBuilder().sslContext(new TestAuthority("localhost").trust()).build()) {
      assertThatThrownBy(
              () -> stranger.send(request("/inject", "{}"), HttpResponse.BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
  }

  private JsonNode send(JsonNode review) throws Exception {
    var answer = post("/inject", review.toString());
    assertThat(answer.statusCode()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(request(path, body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + path))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private static JsonNode review(String namespace, String pod) throws IOException {
    var review = JSON.createObjectNode();
    review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    var request = review.putObject("request");
    request.put("uid", "705ab4f5").put("namespace", namespace).put("operation", "CREATE");
    request.putObject("kind").put("group", "").put("version", "v1").put("kind", "Pod");
    request.set("object", JSON.readTree(pod));
    return review;
  }
}
