package io.podseal.protocol.message;

import java.util.Optional;

/** Exchange types of RFC 7296 §3.1. */
public enum ExchangeType {
  IKE_SA_INIT(34),
  IKE_AUTH(35),
  CREATE_CHILD_SA(36),
  INFORMATIONAL(37);

  private final int id;

  ExchangeType(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }

  static Optional<ExchangeType> of(int id) {
    for (ExchangeType type : values()) {
      if (type.id == id) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
