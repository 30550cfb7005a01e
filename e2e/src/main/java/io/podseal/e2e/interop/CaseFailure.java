package io.podseal.e2e.interop;

/** Something that a case expects is not so; the message is for the table. */
final class CaseFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  CaseFailure(String message) {
    super(message);
  }

  CaseFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
