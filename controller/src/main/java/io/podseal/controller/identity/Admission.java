package io.podseal.controller.identity;

import io.podseal.controller.model.PodRecord;
import java.time.Instant;
import java.util.Optional;

/** The outcome of checking a token. */
public sealed interface Admission {
  /**
   * The caller is this pod.
   *
   * @param node where its token was made for; empty if the API server does not tell
   * @param tokenExpiry when the token ends
   */
  record Admitted(PodRecord pod, String node, Instant tokenExpiry) implements Admission {}

  /**
   * The caller is not let in.
   *
   * @param about whom the API server says the token is of, if it says
   */
  record Denied(DenyReason reason, Optional<Review.PodBound> about) implements Admission {}
}
