package io.podseal.protocol.message;

import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * IKE messages as one line, in the notation of RFC 7296 §1.2, for a person who debugs. Names
 * algorithms, selectors and errors; of key exchange values, nonces, AUTH, cookies and tokens it
 * gives the length at most. What a peer sent cannot break the line or make it endless.
 */
public final class MessageText {
  private static final int MAX_LENGTH = 2_000;
  private static final int MAX_OCTETS_SHOWN = 32;

  private MessageText() {}

  /** Such as {@code IKE_AUTH request 1 SK{IDi(a) AUTH(shared key) SA(...) TSi(...) TSr(...)}}. */
  public static String of(IkeHeader header, List<? extends Payload> payloads, boolean encrypted) {
    String list = payloads.stream().map(p -> of(p, header)).collect(Collectors.joining(" "));
    return kind(header) + (encrypted ? " SK{" : " {") + cut(list) + "}";
  }

  /** Exchange, direction and message ID. */
  public static String kind(IkeHeader header) {
    return header.exchange()
        + (header.response() ? " response " : " request ")
        + Integer.toUnsignedString(header.messageId());
  }

  private static String cut(String text) {
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
  }

  private static String of(Payload payload, IkeHeader header) {
    return switch (payload) {
      case SaPayload p ->
          "SA("
              + p.proposals().stream().map(MessageText::of).collect(Collectors.joining(", "))
              + ")";
      case KePayload p -> "KE(" + AlgorithmNames.keyExchange(p.method()) + ")";
      case IdPayload p -> (p.initiator() ? "IDi(" : "IDr(") + identity(p) + ")";
      case AuthPayload p -> "AUTH(" + authMethod(p.method()) + ")";
      case NoncePayload p -> header.response() ? "Nr" : "Ni";
      case NotifyPayload p -> "N(" + of(p) + ")";
      case DeletePayload p -> "D(" + of(p) + ")";
      case VendorIdPayload p -> "V(" + text(p.data()) + ")";
      case TsPayload p ->
          (p.initiator() ? "TSi(" : "TSr(")
              + p.selectors().stream().map(Object::toString).collect(Collectors.joining(", "))
              + ")";
      case OpaquePayload p -> of(p);
    };
  }

  private static String of(Proposal proposal) {
    String transforms =
        proposal.transforms().stream().map(AlgorithmNames::of).collect(Collectors.joining(" "));
    return proposal.number() + ": " + sa(proposal.protocol(), proposal.spi()) + " " + transforms;
  }

  private static String sa(int protocol, Bytes spi) {
    return protocol(protocol) + (spi.isEmpty() ? "" : " " + hex(spi));
  }

  private static String protocol(int protocol) {
    return switch (protocol) {
      case Proposal.IKE -> "IKE";
      case Proposal.AH -> "AH";
      case Proposal.ESP -> "ESP";
      default -> "PROTOCOL_" + protocol;
    };
  }

  private static String identity(IdPayload id) {
    Bytes data = id.data();
    return switch (id.idType()) {
      case 1, 5 -> address(data);
      case 2, 3 -> text(data);
      case 9 -> "DN " + hex(data);
      case 11 -> "KEY_ID " + text(data);
      case 13 -> "NULL";
      default -> "ID_TYPE_" + id.idType() + " " + hex(data);
    };
  }

  private static String address(Bytes data) {
    try {
      return InetAddress.getByAddress(data.toArray()).getHostAddress();
    } catch (UnknownHostException e) {
      return hex(data);
    }
  }

  private static String authMethod(int method) {
    return switch (method) {
      case 1 -> "RSA signature";
      case AuthPayload.SHARED_KEY_MIC -> "shared key";
      case 9, 10, 11 -> "ECDSA signature";
      case 13 -> "NULL";
      case 14 -> "digital signature";
      default -> "method " + method;
    };
  }

  private static String of(NotifyPayload notify) {
    String about = notify.spi().isEmpty() ? "" : " " + sa(notify.protocol(), notify.spi());
    return NotifyType.name(notify.notifyType()) + about + data(notify);
  }

  /** The data of those notifies where it says what is wrong or wanted; never a cookie or token. */
  private static String data(NotifyPayload notify) {
    Bytes data = notify.data();
    return switch (notify.notifyType()) {
      case NotifyType.INVALID_KE_PAYLOAD ->
          data.length() == 2 ? " wants " + AlgorithmNames.keyExchange(data.u16(0)) : "";
      case NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD ->
          data.length() == 1 ? " payload " + data.u8(0) : "";
      case NotifyType.INVALID_MESSAGE_ID, NotifyType.SET_WINDOW_SIZE ->
          data.length() == 4 ? " " + Integer.toUnsignedString(data.s32(0)) : "";
      case NotifyType.INVALID_SPI -> data.length() == 4 ? " " + hex(data) : "";
      default -> "";
    };
  }

  private static String of(DeletePayload delete) {
    String spis = delete.spis().stream().map(MessageText::hex).collect(Collectors.joining(", "));
    return protocol(delete.protocol()) + (spis.isEmpty() ? "" : " " + spis);
  }

  private static String of(OpaquePayload payload) {
    String name =
        switch (payload.type()) {
          case PayloadType.CERT -> "CERT";
          case PayloadType.CERTREQ -> "CERTREQ";
          case PayloadType.CONFIGURATION -> "CP";
          case PayloadType.EAP -> "EAP";
          default -> "payload " + payload.type();
        };
    return name
        + "("
        + payload.data().length()
        + " octets"
        + (payload.isUnknownCritical() ? ", critical" : "")
        + ")";
  }

  /** Printable ASCII as it is, anything else in hexadecimal: a peer's text stays on its line. */
  private static String text(Bytes data) {
    for (int i = 0; i < data.length(); i++) {
      if (data.u8(i) < ' ' || data.u8(i) > '~') {
        return hex(data);
      }
    }
    return new String(data.toArray(), StandardCharsets.US_ASCII);
  }

  private static String hex(Bytes data) {
    return data.length() <= MAX_OCTETS_SHOWN
        ? data.toString()
        : Bytes.copyOf(data.toArray(), 0, MAX_OCTETS_SHOWN) + "...";
  }
}
