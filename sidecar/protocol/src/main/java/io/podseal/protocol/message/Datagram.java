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
   * The Encrypted payload (RFC 7296 §3.14), always the last.
   *
   * @param firstInner type of the first payload inside
   * @param offset of its content, after the generic header; everything before is authenticated
   */
  public record Encrypted(int firstInner, int offset) {}

  public Datagram {
    clear = List.copyOf(clear);
  }

  public IkeMessage clearMessage() {
    return new IkeMessage(header, clear);
  }
}
