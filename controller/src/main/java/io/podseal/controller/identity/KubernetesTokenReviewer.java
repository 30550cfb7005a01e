package io.podseal.controller.identity;

import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reviews tokens for the audience {@code podseal} only. */
public final class KubernetesTokenReviewer implements TokenReviewer {
  private static final String AUDIENCE = "podseal";
  private static final String USER_PREFIX = "system:serviceaccount:";
  private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
  private static final String NODE_NAME = "authentication.kubernetes.io/node-name";
  private static final String POD_UID = "authentication.kubernetes.io/pod-uid";

  private final KubernetesClient client;

  /** Asks through {@code client}. */
  public KubernetesTokenReviewer(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public Review review(String token) {
    var request =
        new TokenReviewBuilder()
            .withNewSpec()
            .withToken(token)
            .withAudiences(AUDIENCE)
            .endSpec()
            .build();
    var status = client.resource(request).create().getStatus();
    return status == null ? new Review.Refused() : read(status);
  }

  private static Review read(TokenReviewStatus status) {
    if (!Boolean.TRUE.equals(status.getAuthenticated())) {
      return new Review.Refused();
    }
    if (status.getAudiences() == null || !status.getAudiences().contains(AUDIENCE)) {
      return new Review.ForOthers();
    }
    var user = status.getUser();
    var name = user == null ? null : user.getUsername();
    var account =
        name != null && name.startsWith(USER_PREFIX)
            ? name.substring(USER_PREFIX.length()).split(":", -1)
            : new String[0];
    var podName = extra(user, POD_NAME);
    var podUid = extra(user, POD_UID);
    var node = extra(user, NODE_NAME);
    return account.length != 2 || podName == null || podUid == null
        ? new Review.Unbound()
        : new Review.PodBound(account[0], account[1], podName, podUid, node == null ? "" : node);
  }

  private static @Nullable String extra(@Nullable UserInfo user, String key) {
    var values = user == null || user.getExtra() == null ? null : user.getExtra().get(key);
    return values == null ? null : only(values);
  }

  private static @Nullable String only(List<String> values) {
    return values.size() == 1 && !values.getFirst().isEmpty() ? values.getFirst() : null;
  }
}
