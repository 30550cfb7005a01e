package io.podseal.controller.identity;

import io.podseal.controller.model.PodRecord;
import java.time.Instant;

/** The outcome of checking a token. */
public sealed interface Admission {
  /**
   * The caller is this pod.
   *
   * @param tokenExpiry when the token ends
   */
  record Admitted(PodRecord pod, Instant tokenExpiry) implements Admission {}

  /**
   * The caller is not let in.
   *
   * @param about the pod that the API server says the token is of; {@code -} if it says none
   */
  record Denied(DenyReason reason, String about) implements Admission {}
}
