package io.podseal.controller.reconcile;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Times as the API writes them (RFC 3339). */
final class Timestamps {
  private Timestamps() {}

  /** The epoch where there is none, or none that can be read. */
  static Instant instant(@Nullable String timestamp) {
    try {
      return timestamp == null ? Instant.EPOCH : Instant.parse(timestamp);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }
}
