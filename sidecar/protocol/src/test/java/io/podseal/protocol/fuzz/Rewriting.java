package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.MessageText;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.Transform;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What was decoded must be the same after it is encoded and decoded again. */
final class Rewriting {
  private Rewriting() {}

  static void check(IkeMessage message) {
    if (message.payloads().stream().anyMatch(Rewriting::losesSomething)) {
      return;
    }
    byte[] written = MessageEncoder.clear(message.header(), message.payloads());
    switch (MessageDecoder.decode(written)) {
      case Decoded.Ok<Datagram> ok -> same(message, ok.value().clearMessage());
      case Decoded.Malformed<Datagram> bad ->
          throw new AssertionError("what we encode is " + bad.reason() + ", " + bad.detail());
    }
  }

  static void checkInner(IkeHeader header, List<Payload> payloads) {
    if (payloads.stream().anyMatch(Rewriting::losesSomething)) {
      return;
    }
    byte[] inner = MessageEncoder.inner(payloads);
    Datagram outer = outer(header, MessageEncoder.firstType(payloads), inner);
    switch (MessageDecoder.decodeInner(outer, inner)) {
      case Decoded.Ok<IkeMessage> ok -> same(new IkeMessage(header, payloads), ok.value());
      case Decoded.Malformed<IkeMessage> bad ->
          throw new AssertionError("what we encode is " + bad.reason() + ", " + bad.detail());
    }
  }

  /** A datagram with an Encrypted payload around {@code inner}, which it holds in clear. */
  static Datagram outer(IkeHeader header, int firstInner, byte[] inner) {
    byte[] prefix = MessageEncoder.encryptedPrefix(header, firstInner, inner.length);
    byte[] whole = Arrays.copyOf(prefix, prefix.length + inner.length);
    System.arraycopy(inner, 0, whole, prefix.length, inner.length);
    Datagram.Encrypted encrypted =
        new Datagram.Encrypted(firstInner, prefix.length, Optional.empty());
    return new Datagram(header, List.of(), Optional.of(encrypted), whole);
  }

  private static void same(IkeMessage first, IkeMessage second) {
    if (!first.header().equals(second.header()) || !first.payloads().equals(second.payloads())) {
      throw new AssertionError("decoded " + first + ", but after encoding " + second);
    }
    read(second);
  }

  /** Everything that exchanges and logs ask of a message. */
  static void read(IkeMessage message) {
    String text = message + MessageText.of(message.header(), message.payloads(), false);
    message.unknownCritical();
    message.error();
    message.nonce();
    message.ts(true);
    message.id(true).ifPresent(id -> id.identity());
    message.id(false).ifPresent(id -> id.identity());
    if (text.isEmpty()) {
      throw new AssertionError("a message that prints nothing");
    }
  }

  /** Whether the value does not hold all that was on the wire, because nobody asks for it. */
  private static boolean losesSomething(Payload payload) {
    return switch (payload) {
      case OpaquePayload p -> p.critical();
      case TsPayload p -> p.selectors().isEmpty();
      case SaPayload p ->
          p.proposals().stream()
              .anyMatch(o -> o.transforms().stream().anyMatch(Transform::unknownAttribute));
      default -> false;
    };
  }
}
