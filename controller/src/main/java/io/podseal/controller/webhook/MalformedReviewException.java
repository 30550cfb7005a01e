package io.podseal.controller.webhook;

/** What came is no review that we answer; the message says why. */
final class MalformedReviewException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedReviewException(String message) {
    super(message);
  }
}
