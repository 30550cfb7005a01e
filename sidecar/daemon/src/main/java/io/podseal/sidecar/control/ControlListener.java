package io.podseal.sidecar.control;

import io.podseal.control.v1.PolicyUpdate;

/** What the control stream brings; called on the control thread, one call at a time. */
public interface ControlListener {
  /**
   * A snapshot or a delta; acknowledged when this returns, refused when it throws.
   *
   * @throws RuntimeException whose message tells the operator why it cannot be put in force
   */
  void policy(PolicyUpdate update);

  void connected();

  /** The stream ended; it will be tried again. */
  void disconnected(String why);
}
