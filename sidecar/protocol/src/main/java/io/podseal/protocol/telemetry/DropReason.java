package io.podseal.protocol.telemetry;

import java.util.Locale;

/**
 * Why a datagram or packet was dropped: the peer's or the network's fault, counted, never thrown.
 * The lower-case name is the metric label.
 */
public enum DropReason {
  // Datagram on UDP 500/4500
  DATAGRAM_TOO_SHORT,
  /** From port 0, where nobody listens. */
  DATAGRAM_SOURCE_PORT,
  KEEPALIVE,
  RATE_LIMITED,
  QUEUE_FULL,

  // IKE header and payload chain
  IKE_HEADER,
  IKE_VERSION,
  IKE_LENGTH,
  IKE_EXCHANGE_TYPE,
  IKE_PAYLOAD_LENGTH,
  IKE_PAYLOAD_SYNTAX,
  IKE_UNKNOWN_CRITICAL,
  IKE_TOO_MANY_PAYLOADS,
  IKE_UNKNOWN_SPI,
  IKE_MESSAGE_ID,
  IKE_DUPLICATE,
  IKE_UNEXPECTED,
  /** Who has not authenticated repeats a request at another address than the one it began at. */
  IKE_OTHER_ADDRESS,
  IKE_NOT_ENCRYPTED,
  IKE_INTEGRITY,
  IKE_REFLECTED,
  IKE_TOO_MANY_HALF_OPEN,
  IKE_TOO_MANY_SAS,
  IKE_COOKIE_REQUIRED,
  IKE_KEY_EXCHANGE_RATE,
  IKE_NO_ANSWER_DUE,
  IKE_FRAGMENT_NUMBER,
  IKE_FRAGMENT_NOT_NEGOTIATED,
  IKE_FRAGMENT_DUPLICATE,
  IKE_FRAGMENT_OUTDATED,
  IKE_FRAGMENT_LIMIT,
  IKE_FRAGMENT_EXPIRED,

  // ESP, inbound
  ESP_TOO_SHORT,
  ESP_RESERVED_SPI,
  ESP_UNKNOWN_SPI,
  ESP_REPLAY,
  ESP_TOO_OLD,
  ESP_SEQUENCE,
  ESP_INTEGRITY,
  ESP_PADDING,
  ESP_DUMMY,
  ESP_TOO_LONG,
  /** A tunnel carried something else than one whole IPv4 packet. */
  ESP_NO_INNER_PACKET,
  /** The packet inside is none that the SA was negotiated for. */
  ESP_SELECTORS,

  // Inner packets, outbound
  INNER_NOT_IPV4,
  INNER_MALFORMED,
  INNER_FRAGMENT,
  INNER_TOO_BIG,
  INNER_NOT_A_PEER,
  INNER_WRONG_SOURCE,
  INNER_NOT_SELECTED,
  INNER_IPV6_UNSEALED,
  SEQUENCE_EXHAUSTED,
  HOLD_QUEUE_FULL,
  HOLD_EXPIRED,
  NO_KEY,
  SEND_FAILED;

  private static final DropReason[] BY_CODE = values();

  private final String label = name().toLowerCase(Locale.ROOT);

  @SuppressWarnings("EnumOrdinal") // never leaves the process
  private final int code = ~ordinal();

  /** Metric label: the lower-case name. */
  public String label() {
    return label;
  }

  /** A negative number that stands for this reason where a length would be 0 or more. */
  public int code() {
    return code;
  }

  /** The reason behind a negative {@link #code}. */
  public static DropReason ofCode(int code) {
    return BY_CODE[~code];
  }
}
