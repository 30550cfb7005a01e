package io.podseal.protocol.policy;

/** When ESP travels in UDP (RFC 3948). */
public enum Encapsulation {
  /**
   * Always: our NAT detection is false on purpose, so that the peer sees a NAT. For a data plane
   * that has nothing but UDP, and networks that let nothing else pass.
   */
  FORCED,

  /**
   * Only if either end has seen a NAT (RFC 7296 §2.23): for a data plane that also has bare ESP.
   */
  AUTOMATIC
}
