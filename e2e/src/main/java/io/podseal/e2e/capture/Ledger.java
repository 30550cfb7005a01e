package io.podseal.e2e.capture;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Counts what each pair of addresses sent to one another, in either direction. Thread-safe. */
public final class Ledger {
  private static final int KEPT_CLEAR_PACKETS = 20;

  private final Classifier classifier = new Classifier();
  private final Map<Pair, Counts> pairs = new HashMap<>();

  private record Pair(InetAddress low, InetAddress high) {
    static Pair of(InetAddress a, InetAddress b) {
      return a.getHostAddress().compareTo(b.getHostAddress()) <= 0
          ? new Pair(a, b)
          : new Pair(b, a);
    }
  }

  /**
   * What was seen of one pair.
   *
   * @param packets by kind
   * @param espBytes in ESP packets, from the SPI to the integrity check value
   * @param spis of ESP, in order of appearance, as unsigned 32-bit numbers
   * @param sequenceRepeats ESP packets whose sequence number was not above the last of its SPI
   * @param exchanges messages by IKE exchange, such as {@code IKE_AUTH request}
   * @param clear descriptions of the first clear packets
   */
  public record Summary(
      Map<WireKind, Long> packets,
      long espBytes,
      List<Long> spis,
      long sequenceRepeats,
      Map<String, Long> exchanges,
      List<String> clear) {

    /** Returns how many packets of {@code kind} were seen. */
    public long count(WireKind kind) {
      return packets.getOrDefault(kind, 0L);
    }
  }

  private static final class Counts {
    final Map<WireKind, Long> packets = new EnumMap<>(WireKind.class);
    final Map<Long, Long> lastSequence = new LinkedHashMap<>();
    final Map<String, Long> exchanges = new LinkedHashMap<>();
    final List<String> clear = new ArrayList<>();
    long espBytes;
    long sequenceRepeats;

    Summary summary() {
      return new Summary(
          Collections.unmodifiableMap(new EnumMap<>(packets)),
          espBytes,
          List.copyOf(lastSequence.keySet()),
          sequenceRepeats,
          Collections.unmodifiableMap(new LinkedHashMap<>(exchanges)),
          List.copyOf(clear));
    }
  }

  /** Counts one frame and returns what it is; empty when it carries no IP packet. */
  public synchronized Optional<WireKind> add(CapturedFrame frame) {
    Optional<IpPacket> read = IpPacket.in(frame.bytes());
    if (read.isEmpty()) {
      return Optional.empty();
    }
    IpPacket packet = read.get();
    WireKind kind = classifier.classify(packet);
    Counts counts =
        pairs.computeIfAbsent(Pair.of(packet.source(), packet.destination()), pair -> new Counts());
    switch (kind) {
      case ESP -> esp(counts, Classifier.udpPayload(packet), frame.segment());
      case IKE -> {
        counts.packets.merge(kind, 1L, Long::sum);
        IkeHeader.in(Classifier.ikeMessage(packet))
            .ifPresent(header ->
                counts.exchanges.merge(
                    header.exchange() + (header.response() ? " response" : " request"),
                    1L,
                    Long::sum));
      }
      case CLEAR -> {
        counts.packets.merge(kind, 1L, Long::sum);
        if (counts.clear.size() < KEPT_CLEAR_PACKETS) {
          counts.clear.add(frame.time() + " " + describe(packet));
        }
      }
      case KEEPALIVE, SEALED_FRAGMENT, UNKNOWN_SEALED, SEALED_QUOTE ->
          counts.packets.merge(kind, 1L, Long::sum);
    }
    return Optional.of(kind);
  }

  /** Returns what was seen between {@code a} and {@code b} so far. */
  public synchronized Summary between(InetAddress a, InetAddress b) {
    Counts counts = pairs.get(Pair.of(a, b));
    return counts == null ? new Counts().summary() : counts.summary();
  }

  private static void esp(Counts counts, ByteBuffer payload, int segment) {
    int step = segment > 0 ? segment : Math.max(payload.limit(), 1);
    for (int at = 0; at + 8 <= payload.limit(); at += step) {
      counts.packets.merge(WireKind.ESP, 1L, Long::sum);
      counts.espBytes += Math.min(step, payload.limit() - at);
      long spi = Integer.toUnsignedLong(payload.getInt(at));
      long sequence = Integer.toUnsignedLong(payload.getInt(at + 4));
      Long last = counts.lastSequence.put(spi, sequence);
      if (last != null && sequence <= last) {
        counts.sequenceRepeats++;
      }
    }
  }

  private static String describe(IpPacket packet) {
    String protocol =
        switch (packet.protocol()) {
          case IpPacket.ICMP -> "ICMP";
          case IpPacket.TCP -> "TCP";
          case IpPacket.UDP -> "UDP";
          default -> "protocol " + packet.protocol();
        };
    String ports =
        packet.sourcePort() < 0 ? "" : " " + packet.sourcePort() + ">" + packet.destinationPort();
    return packet.source().getHostAddress()
        + " > "
        + packet.destination().getHostAddress()
        + " "
        + protocol
        + ports
        + (packet.whole() ? "" : " fragment at " + packet.fragmentOffset())
        + ", "
        + packet.payload().limit()
        + " bytes";
  }
}
