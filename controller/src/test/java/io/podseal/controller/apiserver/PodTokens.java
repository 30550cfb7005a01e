package io.podseal.controller.apiserver;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.utils.ResponseProvider;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Mints tokens that look like projected ServiceAccount tokens and answers TokenReviews about them.
 */
final class PodTokens implements ResponseProvider<Object> {
  /** Where a TokenReview is posted. */
  static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";

  private record Minted(
      String namespace,
      String podName,
      String podUid,
      String serviceAccount,
      Instant expiry,
      String audience) {}

  private final Map<String, Minted> minted = new ConcurrentHashMap<>();
  private final SecureRandom random = new SecureRandom();
  private final AtomicInteger reviews = new AtomicInteger();
  private volatile boolean failing;
  private Headers headers = new Headers.Builder().build();

  String mint(
      String namespace,
      String podName,
      String podUid,
      String serviceAccount,
      Duration expiry,
      String audience) {
    var expires = Instant.now().plus(expiry);
    var claims =
        Serialization.asJson(
            Map.of(
                "aud",
                List.of(audience),
                "exp",
                expires.getEpochSecond(),
                "sub",
                "system:serviceaccount:" + namespace + ":" + serviceAccount,
                "kubernetes.io",
                Map.of("namespace", namespace, "pod", Map.of("name", podName, "uid", podUid))));
    var signature = new byte[32];
    random.nextBytes(signature);
    var token =
        base64("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + base64(claims.getBytes(StandardCharsets.UTF_8))
            + "."
            + base64(signature);
    minted.put(token, new Minted(namespace, podName, podUid, serviceAccount, expires, audience));
    return token;
  }

  void revoke(String podUid) {
    minted.values().removeIf(token -> token.podUid().equals(podUid));
  }

  void fail(boolean value) {
    failing = value;
  }

  int reviews() {
    return reviews.get();
  }

  @Override
  public int getStatusCode(RecordedRequest request) {
    return failing ? 500 : 201;
  }

  @Override
  public Object getBody(RecordedRequest request) {
    reviews.incrementAndGet();
    var asked = Serialization.unmarshal(request.getBody().readUtf8(), TokenReview.class).getSpec();
    var token = asked.getToken() == null ? null : minted.get(asked.getToken());
    var audiences = asked.getAudiences() == null ? List.<String>of() : asked.getAudiences();
    if (token == null
        || !token.expiry().isAfter(Instant.now())
        || !audiences.contains(token.audience())) {
      return new TokenReviewBuilder()
          .withNewStatus()
          .withAuthenticated(false)
          .withError("the token is not valid for the audiences asked for")
          .endStatus()
          .build();
    }
    return new TokenReviewBuilder()
        .withNewStatus()
        .withAuthenticated(true)
        .withAudiences(token.audience())
        .withNewUser()
        .withUsername("system:serviceaccount:" + token.namespace() + ":" + token.serviceAccount())
        .withGroups("system:serviceaccounts", "system:serviceaccounts:" + token.namespace())
        .addToExtra("authentication.kubernetes.io/pod-name", List.of(token.podName()))
        .addToExtra("authentication.kubernetes.io/pod-uid", List.of(token.podUid()))
        .endUser()
        .endStatus()
        .build();
  }

  @Override
  public Headers getHeaders() {
    return headers;
  }

  @Override
  public void setHeaders(Headers headers) {
    this.headers = headers;
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
