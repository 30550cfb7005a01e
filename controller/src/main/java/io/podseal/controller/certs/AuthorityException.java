package io.podseal.controller.certs;

/** Says, for the operator, why the certificate authority cannot be used and what to do. */
public final class AuthorityException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AuthorityException(String message) {
    super(message);
  }
}
