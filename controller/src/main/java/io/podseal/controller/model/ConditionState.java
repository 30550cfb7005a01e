package io.podseal.controller.model;

/**
 * A condition without its times.
 *
 * @param type one of the condition types of {@link Reasons}
 * @param status {@code True}, {@code False} or {@code Unknown}
 */
public record ConditionState(String type, String status, String reason, String message) {
  static ConditionState yes(String type, String reason, String message) {
    return new ConditionState(type, "True", reason, message);
  }

  static ConditionState no(String type, String reason, String message) {
    return new ConditionState(type, "False", reason, message);
  }

  static ConditionState unknown(String type, String reason, String message) {
    return new ConditionState(type, "Unknown", reason, message);
  }

  /** Whether the status is True. */
  public boolean holds() {
    return "True".equals(status);
  }
}
