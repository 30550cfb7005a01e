package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Endpoint;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Message IDs, the one request in flight and the last answer (RFC 7296 §2.1-2.3, window 1).
 * Retransmissions are the same octets.
 */
final class MessageWindow {
  /**
   * The end of a protected message is its ICV: equal ICVs mean an equal request. The longest ICV
   * there is; where it is shorter, the ciphertext before it is compared too.
   */
  private static final int ICV_LENGTH = IntegrityAlgorithm.HMAC_SHA2_512_256.icvLength();

  private int nextRequest;
  private int expectedRequest;
  private @Nullable Outstanding outstanding;
  private @Nullable Endpoint other;
  private byte @Nullable [] lastRequestIcv;
  private byte @Nullable [] lastResponse;

  private record Outstanding(
      ExchangeType exchange, int messageId, Action.Send send, RetransmissionSchedule schedule) {}

  int nextRequestId() {
    return nextRequest;
  }

  boolean isBusy() {
    return outstanding != null;
  }

  void sent(ExchangeType exchange, Action.Send send, RetransmissionSchedule schedule) {
    outstanding = new Outstanding(exchange, nextRequest, send, schedule);
    other = null;
    nextRequest++;
  }

  /**
   * Repeats the request in flight to this address in turn with the one it was sent to first (§2.1:
   * the octets stay, the addresses may change).
   */
  void alsoTo(Endpoint address) {
    other = address;
  }

  /** Restarts the IKE_SA_INIT request with other contents: the message ID stays 0 (§2.6). */
  void replaceInit(Action.Send send, RetransmissionSchedule schedule) {
    outstanding = new Outstanding(ExchangeType.IKE_SA_INIT, 0, send, schedule);
  }

  boolean awaits(ExchangeType exchange, int messageId) {
    Outstanding o = outstanding;
    return o != null && o.exchange == exchange && o.messageId == messageId;
  }

  void answered() {
    outstanding = null;
  }

  Optional<Instant> deadline() {
    return Optional.ofNullable(outstanding).map(o -> o.schedule.next());
  }

  boolean isExhausted(Instant now) {
    Outstanding o = outstanding;
    return o != null && o.schedule.isExhausted(now);
  }

  /** The request again, if its time has come. */
  Optional<Action.Send> due(Instant now) {
    Outstanding o = outstanding;
    if (o == null || o.schedule.next().isAfter(now)) {
      return Optional.empty();
    }
    return Optional.of(again(o, now));
  }

  private Action.Send again(Outstanding o, Instant now) {
    o.schedule.sent(now);
    Endpoint next = other;
    if (next == null || next.equals(o.send.to())) {
      return o.send;
    }
    Action.Send send = new Action.Send(o.send.message(), next, o.send.encapsulated());
    outstanding = new Outstanding(o.exchange, o.messageId, send, o.schedule);
    other = o.send.to();
    return send;
  }

  /** The request again, if it has been silent for {@link IkeTimers#EAGER_RETRANSMIT}. */
  Optional<Action.Send> hurry(Instant now) {
    Outstanding o = outstanding;
    if (o == null || o.schedule.lastSent().plus(IkeTimers.EAGER_RETRANSMIT).isAfter(now)) {
      return Optional.empty();
    }
    return Optional.of(again(o, now));
  }

  /** The peer's requests begin at 1 when its IKE_SA_INIT was number 0. */
  void expectFrom(int messageId) {
    expectedRequest = messageId;
  }

  boolean isExpected(int messageId) {
    return messageId == expectedRequest;
  }

  /** Our answer, if {@code datagram} repeats the last request octet for octet. */
  Optional<byte[]> answerTo(Datagram datagram) {
    byte[] icv = lastRequestIcv;
    byte[] response = lastResponse;
    if (icv == null
        || response == null
        || datagram.header().messageId() != expectedRequest - 1
        || !Arrays.equals(icv, icvOf(datagram))) {
      return Optional.empty();
    }
    return Optional.of(response);
  }

  void accepted(Datagram request) {
    lastRequestIcv = icvOf(request);
    lastResponse = null;
    expectedRequest++;
  }

  void responded(byte[] response) {
    lastResponse = response;
  }

  private static byte[] icvOf(Datagram datagram) {
    byte[] b = datagram.bytes();
    return Arrays.copyOfRange(b, Math.max(0, b.length - ICV_LENGTH), b.length);
  }
}
