package io.podseal.controller.identity;

/** What the API server says about a token. */
public sealed interface Review {
  /** Not valid for our audience. */
  record Refused() implements Review {}

  /** Valid, but not for our audience: an API server that ignores audiences says so. */
  record ForOthers() implements Review {}

  /** Valid for us, but of no pod. */
  record Unbound() implements Review {}

  /** Valid for us, and of this pod. */
  record PodBound(String namespace, String serviceAccount, String podName, String podUid)
      implements Review {}
}
