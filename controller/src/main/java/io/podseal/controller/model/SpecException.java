package io.podseal.controller.model;

/** Says why a peering or profile cannot be used; never leaves this package. */
final class SpecException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  SpecException(String reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  static SpecException invalid(String message) {
    return new SpecException(Reasons.INVALID, message);
  }

  /** One of {@link Reasons}. */
  String reason() {
    return reason;
  }

  /** The message, never null. */
  String explanation() {
    return String.valueOf(getMessage());
  }
}
