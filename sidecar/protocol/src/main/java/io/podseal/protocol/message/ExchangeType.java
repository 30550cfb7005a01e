package io.podseal.protocol.message;

import java.util.Optional;

/** Exchange types of RFC 7296 §3.1 and of its extensions. */
public enum ExchangeType {
  IKE_SA_INIT(34),
  IKE_AUTH(35),
  CREATE_CHILD_SA(36),
  INFORMATIONAL(37),
  /** RFC 9242. */
  IKE_INTERMEDIATE(43),
  /** RFC 9370. */
  IKE_FOLLOWUP_KE(44);

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
