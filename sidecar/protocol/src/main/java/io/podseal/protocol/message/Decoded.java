package io.podseal.protocol.message;

import io.podseal.protocol.telemetry.DropReason;

/** Result of decoding what a peer sent: the value, or why it is dropped. */
public sealed interface Decoded<T> {
  record Ok<T>(T value) implements Decoded<T> {}

  record Malformed<T>(DropReason reason, String detail) implements Decoded<T> {}
}
