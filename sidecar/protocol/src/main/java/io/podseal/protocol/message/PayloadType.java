package io.podseal.protocol.message;

/** Payload types of RFC 7296 §3.2 as they stand in Next Payload fields. */
public final class PayloadType {
  public static final int NONE = 0;
  public static final int SA = 33;
  public static final int KE = 34;
  public static final int ID_INITIATOR = 35;
  public static final int ID_RESPONDER = 36;
  public static final int CERT = 37;
  public static final int CERTREQ = 38;
  public static final int AUTH = 39;
  public static final int NONCE = 40;
  public static final int NOTIFY = 41;
  public static final int DELETE = 42;
  public static final int VENDOR_ID = 43;
  public static final int TS_INITIATOR = 44;
  public static final int TS_RESPONDER = 45;
  public static final int ENCRYPTED = 46;
  public static final int CONFIGURATION = 47;
  public static final int EAP = 48;

  /** SKF of RFC 7383. */
  public static final int ENCRYPTED_FRAGMENT = 53;

  private PayloadType() {}

  /**
   * Types that RFC 7296 defines: their critical bit is ignored, even where we do not interpret them
   * (§2.5).
   */
  static boolean isDefined(int type) {
    return type >= SA && type <= EAP;
  }
}
