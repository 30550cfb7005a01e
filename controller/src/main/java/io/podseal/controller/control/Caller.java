package io.podseal.controller.control;

import io.podseal.controller.model.PodRecord;
import java.time.Instant;

/**
 * A pod that proved its identity, and how; does not print its token.
 *
 * @param remote where it calls from
 */
record Caller(PodRecord pod, String node, Instant tokenExpiry, String token, String remote) {
  @Override
  public String toString() {
    return "Caller[" + pod.display() + "]";
  }
}
