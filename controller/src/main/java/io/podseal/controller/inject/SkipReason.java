package io.podseal.controller.inject;

import java.util.Locale;

/** Why a pod is admitted without a sidecar; also a metric label. */
public enum SkipReason {
  /** A pod with its node's addresses cannot be a peer. */
  HOST_NETWORK("it uses the network of its node, which cannot be sealed for one pod"),
  /** The pod's label says so. */
  OPTED_OUT("its label podseal.io/inject is false"),
  /** A namespace that the cluster or the controller itself needs to start. */
  RESERVED_NAMESPACE("its namespace is never sealed, whatever its labels say"),
  /** There is no TUN device on Windows. */
  WINDOWS("it runs on Windows"),
  /** The mirror of a static pod: the kubelet runs the file, not this object. */
  STATIC_POD("it mirrors a static pod, which the kubelet starts from a file");

  private final String explanation;

  SkipReason(String explanation) {
    this.explanation = explanation;
  }

  /** A clause for people, about the pod. */
  public String explanation() {
    return explanation;
  }

  /** The value of the metric label. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
