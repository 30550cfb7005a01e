package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podseal.controller.certs.TrustBundles.TrustBundleException;
import java.io.IOException;
import java.net.HttpURLConnection;
import org.jspecify.annotations.Nullable;

/** Says in one line what the API server refused and what to do about it. */
public final class ApiProblems {
  private ApiProblems() {}

  /**
   * A line for the log.
   *
   * @param attempt what was tried, such as {@code list and watch pods}
   */
  public static String describe(String attempt, Throwable problem) {
    var api = apiException(problem);
    if (api == null) {
      return "cannot "
          + attempt
          + ": "
          + root(problem)
          + (unanswered(problem)
              ? "; is the API server up and KUBECONFIG (or the pod's ServiceAccount) right?"
              : "");
    }
    var status = api.getStatus();
    var message =
        status == null || status.getMessage() == null
            ? "status " + api.getCode()
            : status.getMessage();
    var advice =
        switch (api.getCode()) {
          case HttpURLConnection.HTTP_FORBIDDEN ->
              "; grant it to the controller's ServiceAccount, as the chart's RBAC does";
          case HttpURLConnection.HTTP_UNAUTHORIZED ->
              "; the controller's own credentials are not valid";
          case HttpURLConnection.HTTP_NOT_FOUND -> "; are the CRDs of the chart installed?";
          default -> "";
        };
    var where =
        problem instanceof TrustBundleException refused
            ? " of namespace " + refused.namespace()
            : "";
    return "cannot " + attempt + where + ": " + message + advice;
  }

  private static @Nullable KubernetesClientException apiException(Throwable problem) {
    for (var cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof KubernetesClientException api && api.getCode() > 0) {
        return api;
      }
    }
    return null;
  }

  private static boolean unanswered(Throwable problem) {
    for (var cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof KubernetesClientException || cause instanceof IOException) {
        return true;
      }
    }
    return false;
  }

  private static String root(Throwable problem) {
    var cause = problem;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
