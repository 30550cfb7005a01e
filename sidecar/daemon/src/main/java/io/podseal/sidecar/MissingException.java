package io.podseal.sidecar;

/** Something the pod must have and has not; the message says what to do. */
final class MissingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MissingException(String message) {
    super(message);
  }
}
