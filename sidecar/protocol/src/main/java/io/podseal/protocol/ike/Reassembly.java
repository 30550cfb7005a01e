package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.telemetry.DropReason;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Opens protected datagrams and puts the fragments of one message together (RFC 7383 §2.6). Only
 * what passed its ICV is kept, within {@link Limits}, and not for longer than {@link
 * IkeTimers#REASSEMBLY}. The caller has checked that the message ID is the one that is due.
 */
final class Reassembly {
  private final Map<Integer, byte[]> parts = new TreeMap<>();
  private @Nullable IkeHeader header;
  private @Nullable Datagram first;
  private int total;
  private int octets;
  private int largest;
  private Instant expiresAt = Instant.MAX;

  Incoming open(Datagram datagram, SkCipher cipher, Instant now) {
    Optional<Datagram.Fragment> fragment = datagram.fragment();
    if (fragment.isEmpty()) {
      Optional<byte[]> inner = cipher.open(datagram);
      if (inner.isEmpty()) {
        return new Incoming.Refused(DropReason.IKE_INTEGRITY);
      }
      // The same message came whole: its fragments are of no more use.
      clear();
      return new Incoming.Complete(datagram, inner.get(), datagram.bytes().length, 1);
    }
    IkeHeader known = header;
    if (known != null && known.messageId() != datagram.header().messageId()) {
      clear();
      known = null;
    }
    if (known != null && !known.equals(datagram.header())) {
      // §2.5: the header of every fragment is that of the message.
      return new Incoming.Refused(DropReason.IKE_FRAGMENT_NUMBER);
    }
    return fragment(datagram, fragment.get(), cipher, now);
  }

  private Incoming fragment(
      Datagram datagram, Datagram.Fragment fragment, SkCipher cipher, Instant now) {
    // §2.6: a smaller total belongs to a set that the sender has given up.
    if (fragment.total() < total) {
      return new Incoming.Refused(DropReason.IKE_FRAGMENT_OUTDATED);
    }
    if (fragment.total() == total && parts.containsKey(fragment.number())) {
      return new Incoming.Refused(DropReason.IKE_FRAGMENT_DUPLICATE);
    }
    Optional<byte[]> content = cipher.open(datagram);
    if (content.isEmpty()) {
      return new Incoming.Refused(DropReason.IKE_INTEGRITY);
    }
    if (fragment.total() > total) {
      // §2.6: the sender has cut the message smaller and starts over.
      clear();
      total = fragment.total();
      expiresAt = now.plus(IkeTimers.REASSEMBLY);
    }
    int length = datagram.bytes().length;
    if (total > Limits.FRAGMENTS || octets + length > Limits.REASSEMBLY_OCTETS) {
      String detail = total + " fragments, " + (octets + length) + " octets so far";
      Arrays.fill(content.get(), (byte) 0);
      clear();
      return new Incoming.TooLong(detail);
    }
    header = datagram.header();
    if (fragment.number() == 1) {
      first = datagram;
    }
    octets += length;
    largest = Math.max(largest, length);
    parts.put(fragment.number(), content.get());
    Datagram outer = first;
    if (parts.size() < total || outer == null) {
      return new Incoming.Partial();
    }
    Incoming complete = new Incoming.Complete(outer, merged(), largest, total);
    clear();
    return complete;
  }

  private byte[] merged() {
    byte[] inner = new byte[parts.values().stream().mapToInt(p -> p.length).sum()];
    int at = 0;
    for (byte[] part : parts.values()) {
      System.arraycopy(part, 0, inner, at, part.length);
      at += part.length;
    }
    return inner;
  }

  /** When what is there is to be dropped as incomplete. */
  Optional<Instant> deadline() {
    return parts.isEmpty() ? Optional.empty() : Optional.of(expiresAt);
  }

  /** Whether an incomplete message was dropped because its time is over. */
  boolean expire(Instant now) {
    if (parts.isEmpty() || expiresAt.isAfter(now)) {
      return false;
    }
    clear();
    return true;
  }

  void clear() {
    parts.values().forEach(p -> Arrays.fill(p, (byte) 0));
    parts.clear();
    header = null;
    first = null;
    total = 0;
    octets = 0;
    largest = 0;
  }
}
