package io.podseal.protocol.message;

import java.util.List;
import java.util.Optional;

/**
 * A datagram whose clear part is decoded: what can be known before keys are.
 *
 * @param clear payloads outside the Encrypted payload
 * @param encrypted where the Encrypted payload's content lies
 * @param bytes the datagram, without non-ESP marker
 */
public record Datagram(
    IkeHeader header, List<Payload> clear, Optional<Encrypted> encrypted, byte[] bytes) {

  /**
   * The Encrypted payload (RFC 7296 §3.14) or Encrypted Fragment payload (RFC 7383 §2.5), always
   * the last.
   *
   * @param firstInner type of the first payload inside; 0 in every fragment but the first
   * @param offset of its IV; everything before is authenticated
   * @param fragment which part of a message this is, if it is not a whole one
   */
  public record Encrypted(int firstInner, int offset, Optional<Fragment> fragment) {}

  /**
   * @param number from 1 to {@code total}
   * @param total fragments that the message was split into
   */
  public record Fragment(int number, int total) {}

  public Datagram {
    clear = List.copyOf(clear);
  }

  /** Which part of a message this is; empty for a whole one. */
  public Optional<Fragment> fragment() {
    return encrypted.flatMap(Encrypted::fragment);
  }

  public IkeMessage clearMessage() {
    return new IkeMessage(header, clear);
  }
}
