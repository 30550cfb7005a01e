package io.podseal.protocol.policy;

/**
 * SN transforms (transform type 5, RFC 9827) that keep replay protection, by their IANA numbers.
 */
public enum SequenceNumbers {
  /** 32 bits, all transmitted; called "no ESN" before. */
  SEQUENTIAL_32(0),
  /** 64 bits, of which the lower half is transmitted; called ESN before. */
  PARTIALLY_TRANSMITTED_64(1);

  private final int id;

  SequenceNumbers(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }
}
