package io.podseal.protocol.message;

import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.ByteReader;
import io.podseal.protocol.wire.Bytes;
import io.podseal.protocol.wire.MalformedException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decodes datagrams and the content of Encrypted payloads; never throws for bad input. Stateless
 * and thread-safe. RFC 7296 §3.1, §3.2.
 */
public final class MessageDecoder {
  /** More payloads than any exchange has; bounds work for one datagram. */
  static final int MAX_PAYLOADS = 32;

  /**
   * Octets of a message that is looked at: longer than any without certificates; with {@link
   * Allowance} it keeps what one datagram costs us under 64 KB.
   */
  public static final int MAX_LENGTH = 8192;

  private static final int CRITICAL = 0x80;

  /** Payloads that RFC 7296 allows once in a message. */
  private static final Set<Integer> SINGULAR =
      Set.of(
          PayloadType.SA,
          PayloadType.KE,
          PayloadType.ID_INITIATOR,
          PayloadType.ID_RESPONDER,
          PayloadType.AUTH,
          PayloadType.NONCE,
          PayloadType.TS_INITIATOR,
          PayloadType.TS_RESPONDER);

  private MessageDecoder() {}

  /** Decodes header and clear payloads of {@code datagram}, which must not change afterwards. */
  public static Decoded<Datagram> decode(byte[] datagram) {
    try {
      return new Decoded.Ok<>(decodeDatagram(datagram));
    } catch (MalformedException e) {
      return new Decoded.Malformed<>(e.reason(), e.detail());
    }
  }

  /**
   * Decodes the payloads inside an Encrypted payload.
   *
   * @param plaintext payloads without padding
   */
  public static Decoded<IkeMessage> decodeInner(Datagram outer, byte[] plaintext) {
    try {
      ByteReader r = new ByteReader(plaintext, 0, plaintext.length, DropReason.IKE_PAYLOAD_LENGTH);
      List<Payload> payloads = new ArrayList<>(outer.clear());
      int first = outer.encrypted().map(Datagram.Encrypted::firstInner).orElse(PayloadType.NONE);
      Chain chain = new Chain(payloads, outer.header().exchange());
      if (chain.read(r, first).isPresent()) {
        throw new MalformedException(
            DropReason.IKE_PAYLOAD_SYNTAX, "Encrypted payload inside another");
      }
      return new Decoded.Ok<>(new IkeMessage(outer.header(), payloads, Bytes.copyOf(plaintext)));
    } catch (MalformedException e) {
      return new Decoded.Malformed<>(e.reason(), e.detail());
    }
  }

  private static Datagram decodeDatagram(byte[] datagram) throws MalformedException {
    ByteReader r = new ByteReader(datagram, 0, datagram.length, DropReason.IKE_HEADER);
    long spiInitiator = r.s64();
    long spiResponder = r.s64();
    int next = r.u8();
    int version = r.u8();
    int exchangeId = r.u8();
    int flags = r.u8();
    int messageId = r.s32();
    int length = r.s32();
    // The minor version is ignored (§2.5); IKEv1 is version 1 and is dropped in silence.
    if (version >>> 4 != 2) {
      throw new MalformedException(DropReason.IKE_VERSION, "version " + (version >>> 4));
    }
    if (length != datagram.length) {
      throw new MalformedException(
          DropReason.IKE_LENGTH, "header says " + length + ", datagram has " + datagram.length);
    }
    if (length > MAX_LENGTH) {
      throw new MalformedException(
          DropReason.IKE_LENGTH, length + " octets, more than " + MAX_LENGTH);
    }
    Optional<ExchangeType> exchange = ExchangeType.of(exchangeId);
    if (exchange.isEmpty()) {
      throw new MalformedException(DropReason.IKE_EXCHANGE_TYPE, "exchange " + exchangeId);
    }
    if (spiInitiator == 0) {
      throw new MalformedException(DropReason.IKE_HEADER, "initiator SPI is zero");
    }
    IkeHeader header =
        new IkeHeader(
            spiInitiator,
            spiResponder,
            exchange.get(),
            (flags & IkeHeader.FLAG_INITIATOR) != 0,
            (flags & IkeHeader.FLAG_RESPONSE) != 0,
            messageId);
    List<Payload> payloads = new ArrayList<>();
    ByteReader body =
        new ByteReader(
            datagram,
            IkeHeader.LENGTH,
            datagram.length - IkeHeader.LENGTH,
            DropReason.IKE_PAYLOAD_LENGTH);
    Optional<Datagram.Encrypted> encrypted = new Chain(payloads, exchange.get()).read(body, next);
    return new Datagram(header, payloads, encrypted, datagram);
  }

  /** Walks a chain of payloads, where each names the type of the next. */
  private static final class Chain {
    private final List<Payload> payloads;
    private final ExchangeType exchange;
    private final Set<Integer> seen = new HashSet<>();
    private final Allowance allowance;

    Chain(List<Payload> payloads, ExchangeType exchange) {
      this.payloads = payloads;
      this.exchange = exchange;
      this.allowance = Allowance.after(payloads);
      payloads.forEach(p -> seen.add(p.type()));
    }

    private static Datagram.Fragment fragment(ByteReader content, boolean followsClear)
        throws MalformedException {
      int number = content.u16();
      int total = content.u16();
      // RFC 7383 §2.6: neither is zero, and no number is beyond the total.
      if (number == 0 || number > total) {
        throw new MalformedException(
            DropReason.IKE_FRAGMENT_NUMBER, "fragment " + number + " of " + total);
      }
      // RFC 7383 §2.5.3: payloads in clear are in the first fragment.
      if (followsClear && number > 1) {
        throw new MalformedException(
            DropReason.IKE_FRAGMENT_NUMBER, "payloads in clear before fragment " + number);
      }
      return new Datagram.Fragment(number, total);
    }

    Optional<Datagram.Encrypted> read(ByteReader r, int first) throws MalformedException {
      int type = first;
      while (type != PayloadType.NONE) {
        int next = r.u8();
        boolean critical = (r.u8() & CRITICAL) != 0;
        int length = r.u16();
        if (length < 4) {
          throw new MalformedException(DropReason.IKE_PAYLOAD_LENGTH, "payload length " + length);
        }
        ByteReader content = r.slice(length - 4);
        if (type == PayloadType.ENCRYPTED || type == PayloadType.ENCRYPTED_FRAGMENT) {
          // §3.14: the Encrypted payload is last; its Next Payload names the first one inside.
          if (r.remaining() != 0) {
            throw new MalformedException(
                DropReason.IKE_PAYLOAD_LENGTH, "octets after the Encrypted payload");
          }
          Optional<Datagram.Fragment> fragment =
              type == PayloadType.ENCRYPTED_FRAGMENT
                  ? Optional.of(fragment(content, !payloads.isEmpty()))
                  : Optional.empty();
          return Optional.of(new Datagram.Encrypted(next, content.position(), fragment));
        }
        if (SINGULAR.contains(type) && !seen.add(type)) {
          throw new MalformedException(
              DropReason.IKE_PAYLOAD_SYNTAX, "payload " + type + " twice in " + exchange);
        }
        if (payloads.size() == MAX_PAYLOADS) {
          throw new MalformedException(
              DropReason.IKE_TOO_MANY_PAYLOADS, "more than " + MAX_PAYLOADS + " payloads");
        }
        payloads.add(PayloadCodec.decode(type, critical, content, allowance));
        type = next;
      }
      if (r.remaining() != 0) {
        throw new MalformedException(
            DropReason.IKE_PAYLOAD_LENGTH, r.remaining() + " octets after the last payload");
      }
      return Optional.empty();
    }
  }
}
