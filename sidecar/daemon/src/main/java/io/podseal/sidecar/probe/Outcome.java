package io.podseal.sidecar.probe;

import java.util.Locale;

/**
 * How a probe ended.
 *
 * @param why one line; empty on success
 */
public record Outcome(Result result, String why) {
  /** The kinds of end that are counted. */
  public enum Result {
    SUCCESS,
    FAILURE,
    TIMEOUT,
    /** Too many already wait for the same probe. */
    BUSY;

    /** For metrics. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static final Outcome SUCCEEDED = new Outcome(Result.SUCCESS, "");

  static Outcome failed(String why) {
    return new Outcome(Result.FAILURE, why.lines().findFirst().orElse(""));
  }

  public boolean succeeded() {
    return result == Result.SUCCESS;
  }
}
