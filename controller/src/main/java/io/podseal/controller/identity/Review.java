package io.podseal.controller.identity;

/** What the API server says about a token. */
public sealed interface Review {
  /** Not valid for our audience. */
  record Refused() implements Review {}

  /** Valid, but not for our audience: an API server that ignores audiences says so. */
  record ForOthers() implements Review {}

  /** Valid for us, but of no pod. */
  record Unbound() implements Review {}

  /**
   * Valid for us, and of this pod.
   *
   * @param node that the token was made for; empty where the API server does not tell (before 1.30)
   */
  record PodBound(
      String namespace, String serviceAccount, String podName, String podUid, String node)
      implements Review {}
}
