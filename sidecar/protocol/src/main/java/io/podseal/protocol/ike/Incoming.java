package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.telemetry.DropReason;

/** What a protected datagram of the peer turned out to be. */
sealed interface Incoming {

  /**
   * A whole message, or the last missing fragment of one.
   *
   * @param outer the message itself or its first fragment: header, and payloads in clear
   * @param inner the payloads inside, without padding
   * @param largest length of its longest datagram
   * @param fragments how many it came in; 1 for a whole one
   */
  @SuppressWarnings("ArrayRecordComponent") // read once, at once
  record Complete(Datagram outer, byte[] inner, int largest, int fragments) implements Incoming {}

  /** A fragment that was kept; others are missing. */
  record Partial() implements Incoming {}

  record Refused(DropReason reason) implements Incoming {}

  /** An authentic fragment of a message that is longer than we accept. */
  record TooLong(String detail) implements Incoming {}
}
