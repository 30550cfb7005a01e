package io.podseal.protocol.policy;

/**
 * Transform types of RFC 7296 §3.3.2; SN was called ESN before RFC 9827, ADDKE are the additional
 * key exchanges of RFC 9370.
 */
public enum TransformType {
  ENCR(1),
  PRF(2),
  INTEG(3),
  KE(4),
  SN(5),
  ADDKE1(6),
  ADDKE2(7),
  ADDKE3(8),
  ADDKE4(9),
  ADDKE5(10),
  ADDKE6(11),
  ADDKE7(12);

  /** How many additional key exchanges there can be. */
  public static final int MAX_ADDITIONAL = 7;

  private final int id;

  TransformType(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }

  /**
   * ADDKE{@code number}.
   *
   * @param number 1 to 7
   */
  public static TransformType additional(int number) {
    return switch (number) {
      case 1 -> ADDKE1;
      case 2 -> ADDKE2;
      case 3 -> ADDKE3;
      case 4 -> ADDKE4;
      case 5 -> ADDKE5;
      case 6 -> ADDKE6;
      case 7 -> ADDKE7;
      default -> throw new IllegalArgumentException("there is no ADDKE" + number);
    };
  }
}
