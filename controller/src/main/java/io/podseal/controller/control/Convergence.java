package io.podseal.controller.control;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long changes of the cluster take until the last sidecar that they are about was told
 * of them. Changes that come before then count as one, since the first. Confined to one thread.
 */
final class Convergence {
  private final Consumer<Duration> measured;
  private @Nullable Instant since;
  private @Nullable Instant lastPush;

  /**
   * @param measured gets each time
   */
  Convergence(Consumer<Duration> measured) {
    this.measured = measured;
  }

  /** The cluster is another one since then. */
  void changed(Instant when) {
    if (since == null) {
      since = when;
    }
  }

  /** Whether a change may not have reached everybody. */
  boolean pending() {
    return since != null;
  }

  /** A sidecar was told what changed. */
  void pushed(Instant now) {
    lastPush = now;
  }

  /** Every sidecar was told; a change that was about none is not measured. */
  void reached() {
    if (since != null && lastPush != null) {
      measured.accept(Duration.between(since, lastPush));
    }
    since = null;
    lastPush = null;
  }
}
