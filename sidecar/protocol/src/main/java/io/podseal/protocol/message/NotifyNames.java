package io.podseal.protocol.message;

import io.podseal.protocol.telemetry.ProtocolEvent;
import java.util.Map;

/** Names of notify types that we read in logs but never send or act on (IANA registry). */
final class NotifyNames {
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(34, "SINGLE_PAIR_REQUIRED"),
          Map.entry(36, "INTERNAL_ADDRESS_FAILURE"),
          Map.entry(37, "FAILED_CP_REQUIRED"),
          Map.entry(39, "INVALID_SELECTORS"),
          Map.entry(46, "AUTHORIZATION_FAILED"),
          Map.entry(40, "UNACCEPTABLE_ADDRESSES"),
          Map.entry(41, "UNEXPECTED_NAT_DETECTED"),
          Map.entry(47, "STATE_NOT_FOUND"),
          Map.entry(48, "TS_MAX_QUEUE"),
          Map.entry(16385, "SET_WINDOW_SIZE"),
          Map.entry(16386, "ADDITIONAL_TS_POSSIBLE"),
          Map.entry(16387, "IPCOMP_SUPPORTED"),
          Map.entry(16392, "HTTP_CERT_LOOKUP_SUPPORTED"),
          Map.entry(16395, "NON_FIRST_FRAGMENTS_ALSO"),
          Map.entry(16396, "MOBIKE_SUPPORTED"),
          Map.entry(16397, "ADDITIONAL_IP4_ADDRESS"),
          Map.entry(16398, "ADDITIONAL_IP6_ADDRESS"),
          Map.entry(16399, "NO_ADDITIONAL_ADDRESSES"),
          Map.entry(16400, "UPDATE_SA_ADDRESSES"),
          Map.entry(16401, "COOKIE2"),
          Map.entry(16402, "NO_NATS_ALLOWED"),
          Map.entry(16403, "AUTH_LIFETIME"),
          Map.entry(16404, "MULTIPLE_AUTH_SUPPORTED"),
          Map.entry(16406, "REDIRECT_SUPPORTED"),
          Map.entry(16407, "REDIRECT"),
          Map.entry(16417, "EAP_ONLY_AUTHENTICATION"),
          Map.entry(16418, "CHILDLESS_IKEV2_SUPPORTED"),
          Map.entry(16419, "QUICK_CRASH_DETECTION"),
          Map.entry(16420, "IKEV2_MESSAGE_ID_SYNC_SUPPORTED"),
          Map.entry(16431, "SIGNATURE_HASH_ALGORITHMS"),
          Map.entry(16434, "PUZZLE"),
          Map.entry(16435, "USE_PPK"),
          Map.entry(16436, "PPK_IDENTITY"),
          Map.entry(16437, "NO_PPK_AUTH"),
          Map.entry(16438, "INTERMEDIATE_EXCHANGE_SUPPORTED"),
          Map.entry(16441, "ADDITIONAL_KEY_EXCHANGE"),
          Map.entry(16443, "SUPPORTED_AUTH_METHODS"),
          Map.entry(16444, "SA_RESOURCE_INFO"));

  private NotifyNames() {}

  /** The registered name, or the number. */
  static String of(int type) {
    return NAMES.getOrDefault(type, ProtocolEvent.Refused.UNREGISTERED + type);
  }
}
