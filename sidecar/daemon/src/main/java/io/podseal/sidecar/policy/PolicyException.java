package io.podseal.sidecar.policy;

/** A policy that cannot be put in force; the message says why, for the operator. */
public final class PolicyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PolicyException(String message) {
    super(message);
  }
}
