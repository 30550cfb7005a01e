package io.podseal.protocol.wire;

import io.podseal.protocol.telemetry.DropReason;

/**
 * Ends the decoding of one message; caught where decoding began and turned into a counted drop. Has
 * no stack trace, because hostile input may raise it at line rate.
 */
public final class MalformedException extends Exception {
  private static final long serialVersionUID = 1L;
  private final DropReason reason;
  private final String detail;

  public MalformedException(DropReason reason, String detail) {
    super(detail, null, false, false);
    this.reason = reason;
    this.detail = detail;
  }

  public String detail() {
    return detail;
  }

  public DropReason reason() {
    return reason;
  }
}
