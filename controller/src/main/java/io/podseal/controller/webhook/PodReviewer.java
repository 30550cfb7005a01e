package io.podseal.controller.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.podseal.controller.inject.Injection;
import io.podseal.controller.inject.Injector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Answers AdmissionReviews (admission.k8s.io/v1) about pods. That a namespace opted in is the API
 * server's to say, which asks only then: our own view of its labels may be older.
 *
 * <p>Safe for use by several threads.
 */
public final class PodReviewer {
  private static final String API_VERSION = "admission.k8s.io/v1";
  private static final JsonMapper JSON = new JsonMapper();

  private final Injector injector;
  private final Function<String, Optional<Map<String, String>>> namespaceLabels;
  private final Listener listener;

  /** Learns of every decision that will be carried out; must not block. */
  public interface Listener {
    /** A pod is admitted or refused. */
    void decided(ReviewedPod pod, Injection decision);
  }

  /**
   * @param namespaceLabels for warnings only
   * @param listener not told of dry runs
   */
  public PodReviewer(
      Injector injector,
      Function<String, Optional<Map<String, String>>> namespaceLabels,
      Listener listener) {
    this.injector = injector;
    this.namespaceLabels = namespaceLabels;
    this.listener = listener;
  }

  /**
   * Returns the review with its response.
   *
   * @throws MalformedReviewException if it is no review of a pod's creation
   */
  ObjectNode review(JsonNode review) throws MalformedReviewException {
    if (!review.path("apiVersion").asText().equals(API_VERSION)
        || !(review.path("request") instanceof ObjectNode request)
        || !request.path("uid").isTextual()) {
      throw new MalformedReviewException("not an AdmissionReview of " + API_VERSION);
    }
    if (!request.path("operation").asText().equals("CREATE")
        || !request.path("kind").path("kind").asText().equals("Pod")
        || !(request.path("object") instanceof ObjectNode pod)) {
      throw new MalformedReviewException("not about the creation of a Pod");
    }
    var namespace = request.path("namespace").asText();
    var decision = injector.inject(pod, namespace);
    if (!request.path("dryRun").asBoolean()) {
      listener.decided(ReviewedPod.of(pod, namespace), decision);
    }
    var answer = JSON.createObjectNode();
    answer.put("apiVersion", API_VERSION).put("kind", "AdmissionReview");
    var response = answer.putObject("response");
    response.put("uid", request.path("uid").asText());
    fill(response, decision, namespace);
    return answer;
  }

  private void fill(ObjectNode response, Injection decision, String namespace) {
    switch (decision) {
      case Injection.Injected injected -> {
        response.put("allowed", true);
        var patch = injected.patch();
        if (!patch.isEmpty()) {
          response.put("patchType", "JSONPatch");
          response.put(
              "patch",
              Base64.getEncoder()
                  .encodeToString(patch.toString().getBytes(StandardCharsets.UTF_8)));
        }
        var warnings = new ArrayList<>(Injector.warnings(injected.after()));
        warnings.addAll(
            Injector.warnings(namespace, namespaceLabels.apply(namespace).orElse(Map.of())));
        if (!warnings.isEmpty()) {
          warnings.forEach(response.putArray("warnings")::add);
        }
      }
      case Injection.Skipped skipped -> {
        response.put("allowed", true);
        response
            .putArray("warnings")
            .add("Podseal does not seal this pod: " + skipped.reason().explanation());
      }
      case Injection.Refused refused -> {
        response.put("allowed", false);
        response
            .putObject("status")
            .put("code", 422)
            .put("reason", "Invalid")
            .put("message", "Podseal cannot seal this pod: " + refused.message());
      }
    }
  }
}
