package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.Payload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message of ours in the datagrams that carry it: one, or several fragments (RFC 7383). Sent
 * again it is the same octets, unless it has been cut smaller in between.
 */
final class Outgoing {
  private List<byte[]> datagrams;
  private @Nullable Whole whole;

  /** What is needed to cut the message again. */
  @SuppressWarnings("ArrayRecordComponent") // lives here only, to be zeroed
  private record Whole(SkCipher cipher, IkeHeader header, int firstInner, byte[] inner) {}

  private Outgoing(List<byte[]> datagrams, @Nullable Whole whole) {
    this.datagrams = datagrams;
    this.whole = whole;
  }

  /** A message that cannot be split: it has no Encrypted payload (RFC 7383 §2.2). */
  static Outgoing clear(byte[] message) {
    return new Outgoing(List.of(message), null);
  }

  /**
   * Protects a message.
   *
   * @param sizes how long its datagrams may be
   */
  static Outgoing protect(
      SkCipher cipher, IkeHeader header, List<? extends Payload> payloads, FragmentSizes sizes) {
    byte[] inner = MessageEncoder.inner(payloads);
    Whole whole = new Whole(cipher, header, MessageEncoder.firstType(payloads), inner);
    int length =
        IkeHeader.LENGTH
            + MessageEncoder.GENERIC_HEADER_LENGTH
            + cipher.contentLength(inner.length);
    Outgoing message = new Outgoing(List.of(), whole);
    if (sizes.negotiated() && length > sizes.current()) {
      message.split(whole, sizes.current());
    } else {
      message.datagrams = List.of(cipher.seal(header, payloads));
    }
    if (!sizes.negotiated() || length <= sizes.smallest()) {
      message.forget();
    }
    return message;
  }

  List<byte[]> datagrams() {
    return datagrams;
  }

  /**
   * Cuts it again so that no datagram is longer than {@code size}; false if that changes nothing.
   */
  boolean cut(int size) {
    Whole w = whole;
    boolean fits = datagrams.stream().allMatch(d -> d.length <= size);
    if (w == null || w.cipher.isDestroyed() || fits) {
      return false;
    }
    split(w, size);
    return true;
  }

  private void split(Whole w, int size) {
    int room = size - IkeHeader.LENGTH - MessageEncoder.FRAGMENT_HEADER_LENGTH;
    int most = w.cipher.innerLength(room);
    // RFC 7383 §2.5.2: the total must grow, so that the receiver knows the new set from the old.
    int needed = Math.ceilDiv(w.inner.length, most);
    int total = Math.max(needed, datagrams.size() + 1);
    int each = total == needed ? most : Math.ceilDiv(w.inner.length, total);
    List<byte[]> fragments = new ArrayList<>();
    for (int number = 1; number <= total; number++) {
      int from = Math.min((number - 1) * each, w.inner.length);
      int length = Math.min(each, w.inner.length - from);
      Datagram.Fragment fragment = new Datagram.Fragment(number, total);
      fragments.add(w.cipher.sealFragment(w.header, w.firstInner, fragment, w.inner, from, length));
    }
    datagrams = List.copyOf(fragments);
  }

  /** It will not be cut again: zeroes what that would take. */
  void forget() {
    Whole w = whole;
    if (w != null) {
      Arrays.fill(w.inner, (byte) 0);
      whole = null;
    }
  }
}
