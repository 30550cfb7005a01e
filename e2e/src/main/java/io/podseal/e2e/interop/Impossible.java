package io.podseal.e2e.interop;

/** This machine lacks what a row needs; the message is for the table. */
final class Impossible extends RuntimeException {
  private static final long serialVersionUID = 1;

  Impossible(String message) {
    super(message);
  }
}
