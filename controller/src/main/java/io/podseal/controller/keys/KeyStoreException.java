package io.podseal.controller.keys;

/** Says, for the operator, why the master keys cannot be used and what to do. */
public final class KeyStoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  KeyStoreException(String message) {
    super(message);
  }
}
