package io.podseal.protocol.sim;

import io.podseal.protocol.message.ExchangeType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What every IKE message on the wire must obey, whatever the network does:
 *
 * <ul>
 *   <li>After IKE_SA_INIT nothing is sent in clear: the first and only outer payload is SK or SKF,
 *       but for the short notice that there is no such SA.
 *   <li>Window 1 (RFC 7296 §2.3): an end sends request n + 1 only after an answer to n reached it.
 *   <li>Requests and answers are repeated octet for octet (§2.1), and message IDs do not skip.
 *   <li>An answer follows a request with its message ID.
 * </ul>
 */
final class WireInvariants {
  private boolean forged;

  private static final int SK = 46;
  private static final int SKF = 53;
  private static final int NOTIFY = 41;
  private static final int FROM_INITIATOR = 0x08;
  private static final int RESPONSE = 0x20;

  /** What one end of one IKE SA has sent and got. */
  private static final class Side {
    int lastRequest = -1;
    byte @Nullable [] request;
    int answered = -1;
    int lastResponse = -1;
    byte @Nullable [] response;
    int heardRequest = -1;
    final Map<Integer, byte[]> requestFragments = new HashMap<>();
    final Map<Integer, byte[]> responseFragments = new HashMap<>();
  }

  private record Key(Host host, long localSpi) {}

  private final Map<Key, Side> sides = new HashMap<>();

  private record Header(byte[] message) {
    boolean fromInitiator() {
      return (message[19] & FROM_INITIATOR) != 0;
    }

    boolean isResponse() {
      return (message[19] & RESPONSE) != 0;
    }

    boolean isInit() {
      return message[18] == ExchangeType.IKE_SA_INIT.id();
    }

    /** §2.21.4: an answer to what has no SA is short notifies, and protected by nothing. */
    boolean isNotice() {
      return isResponse() && !isInit() && firstPayload() == NOTIFY && message.length <= 120;
    }

    int messageId() {
      return ByteBuffer.wrap(message).getInt(20);
    }

    int firstPayload() {
      return message[16] & 0xff;
    }

    /** RFC 7383 §2.5: number and total; the same for every repetition in pieces of this size. */
    int fragment() {
      return ByteBuffer.wrap(message).getInt(32);
    }

    /** The SPI that the sender, or the other end, chose. */
    long spi(boolean senders) {
      return ByteBuffer.wrap(message).getLong(fromInitiator() == senders ? 0 : 8);
    }
  }

  /** From here on a test sets message IDs itself. */
  void forged() {
    forged = true;
  }

  void sent(Host from, byte[] message) {
    Header h = new Header(message);
    if (forged || h.isNotice()) {
      return;
    }
    if (!h.isInit() && h.firstPayload() != SK && h.firstPayload() != SKF) {
      throw broken(from, h, "leaves in clear");
    }
    Side side = side(from, h.spi(true));
    if (h.isResponse()) {
      answer(from, side, h);
    } else {
      request(from, side, h);
    }
  }

  private static void request(Host from, Side side, Header h) {
    int id = h.messageId();
    fragment(from, side.requestFragments, id == side.lastRequest, h);
    if (id == side.lastRequest) {
      // §2.6: only an IKE_SA_INIT that was answered with a cookie may come again changed.
      boolean mayDiffer = h.firstPayload() == SKF || (h.isInit() && side.answered == id);
      if (!mayDiffer && !Arrays.equals(side.request, h.message())) {
        throw broken(from, h, "is repeated with other octets");
      }
    } else if (id != side.lastRequest + 1 && side.request != null) {
      throw broken(from, h, "follows request " + side.lastRequest);
    } else if (side.lastRequest != side.answered) {
      throw broken(from, h, "is sent while request " + side.lastRequest + " is unanswered");
    }
    side.lastRequest = id;
    side.request = h.message();
  }

  private static void answer(Host from, Side side, Header h) {
    int id = h.messageId();
    if (h.isInit()) {
      return;
    }
    if (id > side.heardRequest) {
      throw broken(from, h, "answers a request that never came");
    }
    fragment(from, side.responseFragments, id == side.lastResponse, h);
    if (id == side.lastResponse && h.firstPayload() == SK) {
      if (!Arrays.equals(side.response, h.message())) {
        throw broken(from, h, "answers the same request with other octets");
      }
    } else if (id < side.lastResponse) {
      throw broken(from, h, "answers again what was answered before " + side.lastResponse);
    }
    side.lastResponse = id;
    side.response = h.message();
  }

  private static void fragment(Host from, Map<Integer, byte[]> sent, boolean repeats, Header h) {
    if (!repeats) {
      sent.clear();
    }
    if (h.firstPayload() == SKF) {
      byte[] before = sent.put(h.fragment(), h.message());
      if (before != null && !Arrays.equals(before, h.message())) {
        throw broken(from, h, "repeats a fragment with other octets");
      }
    }
  }

  /** An IKE message reached {@code to}, good or forged. */
  void delivered(Host to, byte[] message) {
    if (message.length < 28) {
      return;
    }
    Header h = new Header(message);
    Side side = side(to, h.spi(false));
    if (h.isResponse()) {
      if (h.messageId() == side.lastRequest) {
        side.answered = h.messageId();
      }
    } else {
      side.heardRequest = Math.max(side.heardRequest, h.messageId());
    }
  }

  private Side side(Host host, long localSpi) {
    return sides.computeIfAbsent(new Key(host, localSpi), k -> new Side());
  }

  private static AssertionError broken(Host from, Header h, String how) {
    return new AssertionError(
        "%s: %s %s %d %s"
            .formatted(
                from.identity,
                "exchange " + h.message()[18],
                h.isResponse() ? "response" : "request",
                h.messageId(),
                how));
  }
}
