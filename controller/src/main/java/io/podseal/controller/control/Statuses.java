package io.podseal.controller.control;

import io.grpc.Status;
import io.podseal.controller.identity.DenyReason;

/** How refusals look on the wire. */
final class Statuses {
  private Statuses() {}

  static Status of(DenyReason reason) {
    var status =
        switch (reason.kind()) {
          case UNAUTHENTICATED -> Status.UNAUTHENTICATED;
          case UNAVAILABLE -> Status.UNAVAILABLE;
          case EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
          case PROTOCOL -> Status.INVALID_ARGUMENT;
        };
    return status.withDescription(reason.advice());
  }
}
