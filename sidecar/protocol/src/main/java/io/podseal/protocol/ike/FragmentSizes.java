package io.podseal.protocol.ike;

import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * How long our IKE messages may be before they are split (RFC 7383 §2.5.1), in octets of a message
 * without the non-ESP marker. Becomes smaller when a path does not carry the size, never larger.
 */
final class FragmentSizes {
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  private static final int UDP_HEADER_AND_MARKER = 8 + 4;

  private final int least;
  private final int smallest;
  private int current;
  private boolean negotiated;

  /**
   * @param datagram the largest IP datagram to begin with
   * @param to tells the length of the IP header
   */
  FragmentSizes(int datagram, InetAddress to) {
    int headers = (to instanceof Inet6Address ? IPV6_HEADER : IPV4_HEADER) + UDP_HEADER_AND_MARKER;
    this.current = datagram - headers;
    this.least = Limits.LEAST_FRAGMENT_SIZE - headers;
    this.smallest = Math.min(datagram, Limits.SMALLEST_FRAGMENT_SIZE) - headers;
  }

  /** Both ends said IKEV2_FRAGMENTATION_SUPPORTED. */
  void negotiated(boolean value) {
    negotiated = value;
  }

  /** An SA that rekeys another is between the same ends, over the same path. */
  void inherit(FragmentSizes other) {
    negotiated = other.negotiated;
    current = other.current;
  }

  boolean negotiated() {
    return negotiated;
  }

  int current() {
    return current;
  }

  /** What a path gets that seems not to carry the current size. */
  int smallest() {
    return smallest;
  }

  /** The peer splits at this size, or the path does not carry more. */
  void shrink(int size) {
    current = Math.min(current, Math.max(size, least));
  }
}
