package io.podseal.protocol.policy;

/** What child SAs are made of, by the protocol IDs of RFC 7296 §3.3.1. */
public enum SecurityProtocol {
  /** RFC 4303. */
  ESP(Proposal.ESP),
  /** RFC 4302. It passes no NAT: RFC 3948 puts only ESP into UDP. */
  AH(Proposal.AH);

  private final int id;

  SecurityProtocol(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }

  /** Whether {@code id} is that of any of these. */
  public static boolean isChild(int id) {
    return id == ESP.id || id == AH.id;
  }
}
