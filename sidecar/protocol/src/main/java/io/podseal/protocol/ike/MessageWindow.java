package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Endpoint;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Message IDs, the one request in flight and the last answer (RFC 7296 §2.1-2.3, window 1).
 * Retransmissions are the same octets, unless the message is cut into smaller fragments (RFC 7383
 * §2.5.2).
 */
final class MessageWindow {
  /**
   * The end of a protected message is its ICV: equal ICVs mean an equal request. The longest ICV
   * there is; where it is shorter, the ciphertext before it is compared too.
   */
  private static final int ICV_LENGTH = IntegrityAlgorithm.HMAC_SHA2_512_256.icvLength();

  private final FragmentSizes sizes;
  private int nextRequest;
  private int expectedRequest;
  private @Nullable Outstanding outstanding;
  private List<Endpoint> others = List.of();
  private byte @Nullable [] lastRequestIcv;
  private @Nullable Outgoing lastResponse;
  private int timesAnswered;

  private static final class Outstanding {
    final ExchangeType exchange;
    final int messageId;
    final Outgoing message;
    final boolean encapsulated;
    final RetransmissionSchedule schedule;
    final Endpoint to;

    /** Which address is next: {@link #to} is 0. */
    int turn;

    int timesSent = 1;

    Outstanding(
        ExchangeType exchange,
        int messageId,
        Outgoing message,
        Endpoint to,
        boolean encapsulated,
        RetransmissionSchedule schedule) {
      this.exchange = exchange;
      this.messageId = messageId;
      this.message = message;
      this.to = to;
      this.encapsulated = encapsulated;
      this.schedule = schedule;
    }
  }

  MessageWindow(FragmentSizes sizes) {
    this.sizes = sizes;
  }

  FragmentSizes sizes() {
    return sizes;
  }

  static List<Action.Send> sends(Outgoing message, Endpoint to, boolean encapsulated) {
    return message.datagrams().stream().map(d -> new Action.Send(d, to, encapsulated)).toList();
  }

  int nextRequestId() {
    return nextRequest;
  }

  /** §2.2: message IDs never wrap; an SA that runs out of them is closed. */
  boolean isExhausted() {
    return isLast(nextRequest) || isLast(expectedRequest);
  }

  private static boolean isLast(int messageId) {
    return Integer.compareUnsigned(messageId, -1 - Limits.LAST_MESSAGE_IDS) >= 0;
  }

  boolean isBusy() {
    return outstanding != null;
  }

  /** A message without Encrypted payload was sent as a request. */
  void sent(ExchangeType exchange, Action.Send send, RetransmissionSchedule schedule) {
    sent(exchange, Outgoing.clear(send.message()), send.to(), send.encapsulated(), schedule);
  }

  /** Keeps a request for retransmission; gives its datagrams. */
  List<Action.Send> sent(
      ExchangeType exchange,
      Outgoing message,
      Endpoint to,
      boolean encapsulated,
      RetransmissionSchedule schedule) {
    Outstanding o = new Outstanding(exchange, nextRequest, message, to, encapsulated, schedule);
    outstanding = o;
    nextRequest++;
    return sends(message, to, encapsulated);
  }

  /**
   * Repeats the request in flight, and those after it, to these addresses in turn with the one it
   * was sent to first (§2.1: the octets stay, the addresses may change). The address that requests
   * are sent to anyway ends that.
   */
  void alsoTo(Endpoint... addresses) {
    others = List.of(addresses);
  }

  /** Restarts the IKE_SA_INIT request with other contents: the message ID stays 0 (§2.6). */
  void replaceInit(Action.Send send, RetransmissionSchedule schedule) {
    outstanding =
        new Outstanding(
            ExchangeType.IKE_SA_INIT,
            0,
            Outgoing.clear(send.message()),
            send.to(),
            send.encapsulated(),
            schedule);
  }

  boolean awaits(ExchangeType exchange, int messageId) {
    Outstanding o = outstanding;
    return o != null && o.exchange == exchange && o.messageId == messageId;
  }

  void answered() {
    if (outstanding != null) {
      outstanding.message.forget();
    }
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
  List<Action.Send> due(Instant now) {
    Outstanding o = outstanding;
    return o == null || o.schedule.next().isAfter(now) ? List.of() : again(o, now);
  }

  private List<Action.Send> again(Outstanding o, Instant now) {
    if (o.timesSent >= Limits.SENDS_PER_FRAGMENT_SIZE && o.message.cut(sizes.smallest())) {
      sizes.shrink(sizes.smallest());
      o.schedule.restart(now);
      o.timesSent = 0;
    } else {
      o.schedule.sent(now);
    }
    o.timesSent++;
    o.turn = (o.turn + 1) % (1 + others.size());
    Endpoint to = o.turn == 0 ? o.to : others.get(o.turn - 1);
    return sends(o.message, to, o.encapsulated);
  }

  /** The request again, if it has been silent for {@link IkeTimers#EAGER_RETRANSMIT}. */
  List<Action.Send> hurry(Instant now) {
    Outstanding o = outstanding;
    return o == null || o.schedule.lastSent().plus(IkeTimers.EAGER_RETRANSMIT).isAfter(now)
        ? List.of()
        : again(o, now);
  }

  /** The peer's requests begin at 1 when its IKE_SA_INIT was number 0. */
  void expectFrom(int messageId) {
    expectedRequest = messageId;
  }

  boolean isExpected(int messageId) {
    // The last one of all would make the next one 0 again.
    return messageId == expectedRequest && messageId != -1;
  }

  /** Whether the last request had this message ID and has been answered. */
  boolean isAnswered(int messageId) {
    return lastResponse != null && messageId == expectedRequest - 1;
  }

  /** Whether {@code datagram} repeats the last request, or its first fragment, octet for octet. */
  boolean repeatsLast(Datagram datagram) {
    byte[] icv = lastRequestIcv;
    return icv != null
        && isAnswered(datagram.header().messageId())
        && Arrays.equals(icv, icvOf(datagram));
  }

  /** Our last answer again; smaller, if it seems not to arrive. */
  List<Action.Send> answerAgain(Endpoint to, boolean encapsulated) {
    Outgoing response = lastResponse;
    if (response == null) {
      return List.of();
    }
    // RFC 7383 §2.4: that the request is repeated again and again hints at what the path loses.
    if (timesAnswered >= Limits.SENDS_PER_FRAGMENT_SIZE && response.cut(sizes.smallest())) {
      sizes.shrink(sizes.smallest());
      timesAnswered = 0;
    }
    timesAnswered++;
    return sends(response, to, encapsulated);
  }

  /** The peer has cut its request smaller because no answer came: so do we with that. */
  void shrinkAnswer(int size) {
    sizes.shrink(size);
    if (lastResponse != null) {
      lastResponse.cut(sizes.current());
    }
  }

  /**
   * Takes a request as the one that was due.
   *
   * @param request the whole message or its first fragment
   */
  void accepted(Datagram request) {
    lastRequestIcv = icvOf(request);
    forgetResponse();
    expectedRequest++;
  }

  /** Keeps our answer to the last request; gives its datagrams. */
  List<Action.Send> responded(Outgoing response, Endpoint to, boolean encapsulated) {
    lastResponse = response;
    timesAnswered = 1;
    return sends(response, to, encapsulated);
  }

  /** The SA has ended for good: nothing is sent any more. */
  void close() {
    answered();
    forgetResponse();
  }

  private void forgetResponse() {
    if (lastResponse != null) {
      lastResponse.forget();
    }
    lastResponse = null;
  }

  private static byte[] icvOf(Datagram datagram) {
    byte[] b = datagram.bytes();
    return Arrays.copyOfRange(b, Math.max(0, b.length - ICV_LENGTH), b.length);
  }
}
