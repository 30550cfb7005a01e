package io.podseal.protocol.policy;

/** Transform types of RFC 7296 §3.3.2; SN was called ESN before RFC 9827. */
public enum TransformType {
  ENCR(1),
  PRF(2),
  INTEG(3),
  KE(4),
  SN(5);

  private final int id;

  TransformType(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }
}
