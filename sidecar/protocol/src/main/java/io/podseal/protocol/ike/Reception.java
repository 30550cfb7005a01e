package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Takes the datagrams of one IKE SA: judges their message IDs, opens them, puts fragments together,
 * and hands whole messages to the {@link State} (RFC 7296 §2.1, §2.2, §2.21).
 */
final class Reception {
  private final SaCore core;

  Reception(SaCore core) {
    this.core = core;
  }

  /** Handles a datagram of the SA in {@code state}; the state it is in afterwards. */
  State receive(State state, Input.Received in, Instant now, List<Action> out) {
    Datagram datagram = in.datagram();
    IkeHeader header = datagram.header();
    // The I flag tells the two ends of an IKE SA apart: our own messages do not come back.
    if (header.fromOriginalInitiator() == core.isInitiator()) {
      return dropped(state, DropReason.IKE_REFLECTED, out);
    }
    if (header.exchange() == ExchangeType.IKE_SA_INIT) {
      return saInit(state, in, now, out);
    }
    if (isCrash(state, datagram)) {
      return state.on(new Input.Forget(CloseReason.PEER_CRASHED), now, out);
    }
    if (datagram.encrypted().isEmpty()) {
      // §2.21.3, §1.5: what is not protected is a hint at most.
      return dropped(state, DropReason.IKE_NOT_ENCRYPTED, out);
    }
    if (core.sessionOrNull() == null) {
      return dropped(state, DropReason.IKE_UNEXPECTED, out);
    }
    return header.response() ? response(state, in, now, out) : request(state, in, now, out);
  }

  private static State dropped(State state, DropReason reason, List<Action> out) {
    SaCore.drop(reason, out);
    return state;
  }

  /** RFC 6290 §4.5: the token that the peer left with us, shown in clear, ends the SA at once. */
  private boolean isCrash(State state, Datagram datagram) {
    return state instanceof Established
        && datagram.header().response()
        && datagram.encrypted().isEmpty()
        && core.crashes().isProvenBy(datagram.clearMessage());
  }

  private State saInit(State state, Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    switch (state) {
      case SaInitInitiator init
          when header.response() && core.window().awaits(header.exchange(), header.messageId()) -> {
        return init.onInit(in, now, out);
      }
      case HalfOpen waiting when !header.response() ->
          waiting
              .answerTo(in.datagram().bytes())
              .ifPresentOrElse(
                  answer -> out.add(SaCore.answer(answer, in)),
                  () -> SaCore.drop(DropReason.IKE_DUPLICATE, out));
      default -> SaCore.drop(DropReason.IKE_DUPLICATE, out);
    }
    return state;
  }

  private State response(State state, Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    if (!core.window().awaits(header.exchange(), header.messageId())) {
      return dropped(state, DropReason.IKE_MESSAGE_ID, out);
    }
    Incoming opened = core.open(in.datagram(), now);
    if (!(opened instanceof Incoming.Complete whole)) {
      return incomplete(state, opened, now, out);
    }
    return switch (MessageDecoder.decodeInner(whole.outer(), whole.inner())) {
      case Decoded.Ok<IkeMessage> ok -> {
        log(in, ok.value(), whole);
        core.window().answered();
        Optional<Integer> critical = ok.value().unknownCritical();
        if (critical.isPresent()) {
          // §2.5: to be rejected, and nobody answers an answer.
          yield notUnderstood(
              state, DropReason.IKE_UNKNOWN_CRITICAL, "payload " + critical.get(), now, out);
        }
        followNat(state, in, out);
        yield state.onResponse(ok.value(), in, now, out);
      }
      case Decoded.Malformed<IkeMessage> bad -> {
        core.window().answered();
        yield notUnderstood(state, bad.reason(), bad.detail(), now, out);
      }
    };
  }

  /** An authenticated peer that cannot be understood is not one to go on with (§2.21.3). */
  private State notUnderstood(
      State state, DropReason reason, String detail, Instant now, List<Action> out) {
    SaCore.drop(reason, out);
    core.refused(false, NotifyType.name(NotifyType.INVALID_SYNTAX), detail, out);
    return state.on(new Input.Forget(CloseReason.INVALID_SYNTAX), now, out);
  }

  private State request(State state, Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    if (core.window().repeatsLast(in.datagram())) {
      // §2.1: a repeated request gets the same octets again, wherever it came from.
      out.addAll(core.window().answerAgain(in.from(), SaCore.isEncapsulated(in)));
      return state;
    }
    if (in.datagram().fragment().isPresent() && core.window().isAnswered(header.messageId())) {
      repeatedFragment(in, out);
      return state;
    }
    if (!core.window().isExpected(header.messageId())) {
      return dropped(state, DropReason.IKE_MESSAGE_ID, out);
    }
    if (!state.takes(header.exchange())) {
      return dropped(state, DropReason.IKE_UNEXPECTED, out);
    }
    Incoming opened = core.open(in.datagram(), now);
    if (!(opened instanceof Incoming.Complete whole)) {
      return incomplete(state, opened, now, out);
    }
    core.window().accepted(whole.outer());
    followNat(state, in, out);
    return switch (MessageDecoder.decodeInner(whole.outer(), whole.inner())) {
      case Decoded.Ok<IkeMessage> ok -> {
        log(in, ok.value(), whole);
        Optional<Integer> critical = ok.value().unknownCritical();
        if (critical.isPresent()) {
          // §2.5: refuse the whole request and name the payload.
          byte[] type = {critical.get().byteValue()};
          answerError(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Bytes.copyOf(type), in, out);
          yield state;
        }
        yield state.onRequest(ok.value(), in, now, out);
      }
      case Decoded.Malformed<IkeMessage> bad -> {
        answerError(NotifyType.INVALID_SYNTAX, Bytes.EMPTY, in, out);
        // §2.21.3: INVALID_SYNTAX in a protected message ends the IKE SA at both ends.
        yield notUnderstood(state, bad.reason(), bad.detail(), now, out);
      }
    };
  }

  private void log(Input.Received in, IkeMessage message, Incoming.Complete whole) {
    core.ctx().options().messages().opened(in, message, whole.fragments());
  }

  private static void followNat(State state, Input.Received in, List<Action> out) {
    if (state instanceof Established e) {
      e.moves().followNat(e, in, out);
    }
  }

  /** What is not a whole message, or not yet. */
  private State incomplete(State state, Incoming opened, Instant now, List<Action> out) {
    switch (opened) {
      case Incoming.Refused refused -> SaCore.drop(refused.reason(), out);
      case Incoming.TooLong tooLong -> {
        // RFC 7383 §5: an attack or a broken sender; either way there is no going on.
        SaCore.drop(DropReason.IKE_FRAGMENT_LIMIT, out);
        core.refused(false, "", "a message too long to accept: " + tooLong.detail(), out);
        return state.on(new Input.Forget(CloseReason.FRAGMENT_LIMIT), now, out);
      }
      case Incoming.Partial kept -> {}
      case Incoming.Complete whole -> throw new IllegalArgumentException("a whole message");
    }
    return state;
  }

  /** RFC 7383 §2.6.1: of a request that is answered, only the first fragment is heard again. */
  private void repeatedFragment(Input.Received in, List<Action> out) {
    Datagram datagram = in.datagram();
    if (datagram.fragment().filter(f -> f.number() == 1).isEmpty()) {
      SaCore.drop(DropReason.IKE_FRAGMENT_DUPLICATE, out);
      return;
    }
    if (!core.isAuthentic(datagram)) {
      SaCore.drop(DropReason.IKE_INTEGRITY, out);
      return;
    }
    core.window().shrinkAnswer(datagram.bytes().length);
    out.addAll(core.window().answerAgain(in.from(), SaCore.isEncapsulated(in)));
  }

  private void answerError(int notifyType, Bytes data, Input.Received in, List<Action> out) {
    core.respond(in.datagram().header(), List.of(NotifyPayload.of(notifyType, data)), in, out);
  }
}
