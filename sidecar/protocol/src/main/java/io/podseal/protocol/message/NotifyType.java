package io.podseal.protocol.message;

/** Notify message types (RFC 7296 §3.10.1 and the IANA registry). Below 16384 they are errors. */
public final class NotifyType {
  public static final int UNSUPPORTED_CRITICAL_PAYLOAD = 1;
  public static final int INVALID_IKE_SPI = 4;
  public static final int INVALID_MAJOR_VERSION = 5;
  public static final int INVALID_SYNTAX = 7;
  public static final int INVALID_MESSAGE_ID = 9;
  public static final int INVALID_SPI = 11;
  public static final int NO_PROPOSAL_CHOSEN = 14;
  public static final int INVALID_KE_PAYLOAD = 17;
  public static final int AUTHENTICATION_FAILED = 24;
  public static final int NO_ADDITIONAL_SAS = 35;
  public static final int TS_UNACCEPTABLE = 38;
  public static final int UNACCEPTABLE_ADDRESSES = 40;
  public static final int UNEXPECTED_NAT_DETECTED = 41;
  public static final int TEMPORARY_FAILURE = 43;
  public static final int CHILD_SA_NOT_FOUND = 44;
  public static final int STATE_NOT_FOUND = 47;

  public static final int INITIAL_CONTACT = 16384;
  public static final int ADDITIONAL_TS_POSSIBLE = 16386;
  public static final int NAT_DETECTION_SOURCE_IP = 16388;
  public static final int NAT_DETECTION_DESTINATION_IP = 16389;
  public static final int COOKIE = 16390;
  public static final int SET_WINDOW_SIZE = 16385;
  public static final int USE_TRANSPORT_MODE = 16391;
  public static final int REKEY_SA = 16393;
  public static final int ESP_TFC_PADDING_NOT_SUPPORTED = 16394;
  public static final int IKEV2_FRAGMENTATION_SUPPORTED = 16430;

  public static final int MOBIKE_SUPPORTED = 16396;
  public static final int UPDATE_SA_ADDRESSES = 16400;
  public static final int COOKIE2 = 16401;
  public static final int NO_NATS_ALLOWED = 16402;
  public static final int CHILDLESS_IKEV2_SUPPORTED = 16418;
  public static final int QUICK_CRASH_DETECTION = 16419;
  public static final int USE_PPK = 16435;
  public static final int PPK_IDENTITY = 16436;
  public static final int NO_PPK_AUTH = 16437;
  public static final int INTERMEDIATE_EXCHANGE_SUPPORTED = 16438;
  public static final int ADDITIONAL_KEY_EXCHANGE = 16441;

  private static final int FIRST_STATUS = 16384;

  private NotifyType() {}

  public static boolean isError(int type) {
    return type < FIRST_STATUS;
  }

  /** The RFC's name, or the number. */
  public static String name(int type) {
    return switch (type) {
      case UNSUPPORTED_CRITICAL_PAYLOAD -> "UNSUPPORTED_CRITICAL_PAYLOAD";
      case INVALID_IKE_SPI -> "INVALID_IKE_SPI";
      case INVALID_MAJOR_VERSION -> "INVALID_MAJOR_VERSION";
      case INVALID_SYNTAX -> "INVALID_SYNTAX";
      case INVALID_MESSAGE_ID -> "INVALID_MESSAGE_ID";
      case INVALID_SPI -> "INVALID_SPI";
      case NO_PROPOSAL_CHOSEN -> "NO_PROPOSAL_CHOSEN";
      case INVALID_KE_PAYLOAD -> "INVALID_KE_PAYLOAD";
      case AUTHENTICATION_FAILED -> "AUTHENTICATION_FAILED";
      case NO_ADDITIONAL_SAS -> "NO_ADDITIONAL_SAS";
      case TS_UNACCEPTABLE -> "TS_UNACCEPTABLE";
      case TEMPORARY_FAILURE -> "TEMPORARY_FAILURE";
      case CHILD_SA_NOT_FOUND -> "CHILD_SA_NOT_FOUND";
      case INITIAL_CONTACT -> "INITIAL_CONTACT";
      case ADDITIONAL_TS_POSSIBLE -> "ADDITIONAL_TS_POSSIBLE";
      case NAT_DETECTION_SOURCE_IP -> "NAT_DETECTION_SOURCE_IP";
      case NAT_DETECTION_DESTINATION_IP -> "NAT_DETECTION_DESTINATION_IP";
      case COOKIE -> "COOKIE";
      case USE_TRANSPORT_MODE -> "USE_TRANSPORT_MODE";
      case REKEY_SA -> "REKEY_SA";
      case ESP_TFC_PADDING_NOT_SUPPORTED -> "ESP_TFC_PADDING_NOT_SUPPORTED";
      case STATE_NOT_FOUND -> "STATE_NOT_FOUND";
      case USE_PPK -> "USE_PPK";
      case PPK_IDENTITY -> "PPK_IDENTITY";
      case NO_PPK_AUTH -> "NO_PPK_AUTH";
      case INTERMEDIATE_EXCHANGE_SUPPORTED -> "INTERMEDIATE_EXCHANGE_SUPPORTED";
      case ADDITIONAL_KEY_EXCHANGE -> "ADDITIONAL_KEY_EXCHANGE";
      case CHILDLESS_IKEV2_SUPPORTED -> "CHILDLESS_IKEV2_SUPPORTED";
      case IKEV2_FRAGMENTATION_SUPPORTED -> "IKEV2_FRAGMENTATION_SUPPORTED";
      default -> NotifyNames.of(type);
    };
  }
}
