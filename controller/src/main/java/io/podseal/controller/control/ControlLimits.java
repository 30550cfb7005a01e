package io.podseal.controller.control;

import java.time.Duration;

/**
 * Times and sizes of the control plane.
 *
 * @param maxStreams sidecars served at a time
 * @param helloDeadline until the first message
 * @param acknowledgementDeadline until an update is acknowledged
 * @param expiryGrace how long a stream may outlive its token
 * @param reviewInterval between two reviews of the token of an open stream
 * @param reviewRetry between two attempts while the API server cannot review
 * @param reviewPatience how long a stream lives while the API server cannot review
 * @param retryAfterRefusal until the policy that a sidecar could not apply is sent again
 * @param introduction how long the first policy of a sidecar waits until its peers know it, so that
 *     they seal what they send to it before its application begins
 * @param linger how long the progress of a sidecar counts after its stream ended, so that a
 *     reconnect does not shake statuses
 */
public record ControlLimits(
    int maxStreams,
    Duration helloDeadline,
    Duration acknowledgementDeadline,
    Duration expiryGrace,
    Duration reviewInterval,
    Duration reviewRetry,
    Duration reviewPatience,
    Duration retryAfterRefusal,
    Duration introduction,
    Duration linger) {
  /** For production. */
  public static final ControlLimits DEFAULT =
      new ControlLimits(
          5_000,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(3),
          Duration.ofSeconds(15));

  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);
  private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);

  /**
   * The same with another time between two reviews of a token.
   *
   * @param interval from a second, the pace at which deadlines are looked at, to an hour
   */
  public ControlLimits reviewingEvery(Duration interval) {
    if (interval.compareTo(SHORTEST_INTERVAL) < 0 || interval.compareTo(LONGEST_INTERVAL) > 0) {
      throw new IllegalArgumentException(
          "PODSEAL_REVIEW_INTERVAL: " + interval + " is not from 1 second to 1 hour");
    }
    return new ControlLimits(
        maxStreams,
        helloDeadline,
        acknowledgementDeadline,
        expiryGrace,
        interval,
        reviewRetry,
        reviewPatience,
        retryAfterRefusal,
        introduction,
        linger);
  }

  /** As received from one sidecar; a report of 1,000 live SAs fits. */
  static final int MAX_INBOUND_MESSAGE = 256 * 1024;

  /** Room for one token and the usual headers. */
  static final int MAX_INBOUND_METADATA = 16 * 1024;
}
