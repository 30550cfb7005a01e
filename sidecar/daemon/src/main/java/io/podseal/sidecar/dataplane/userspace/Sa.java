package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.esp.InboundSa;
import io.podseal.protocol.esp.InnerHeader;
import io.podseal.protocol.esp.Ipv4;
import io.podseal.protocol.esp.OutboundSa;
import io.podseal.protocol.esp.SelectorFilter;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.sidecar.dataplane.ChildSa;
import io.podseal.sidecar.dataplane.ChildSaStats;
import io.podseal.sidecar.dataplane.DataPlaneListener;
import io.podseal.sidecar.linux.Datagram;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One child SA. Its halves belong to the data threads: {@link #outbound} to podseal-tx, {@link
 * #inbound} to podseal-rx.
 */
final class Sa {
  /** Between a report and the next, or the next try of one that was not taken. */
  static final long REPORT_PAUSE_MILLIS = 100;

  private static final VarHandle SEQUENCE;

  static {
    try {
      SEQUENCE = MethodHandles.lookup().findVarHandle(Sa.class, "sequence", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final OutboundSa outbound;
  final InboundSa inbound;
  final InnerHeader header;
  final boolean tunnel;

  /** Checksums that arrive are over other addresses, and not looked at. */
  final boolean translated;

  /** Judges every packet; null where the two addresses already do. */
  final @Nullable SelectorFilter filter;

  /** Longest payload of ESP that leaves without outer fragments. */
  final int longestWhole;

  /** Longest inner packet that does. */
  final int innerLimit;

  /** Longest payload of ESP that leaves at all. */
  final int longest;

  final int maxOverhead;
  final MssClamp clamp;
  final Meter sent = new Meter();
  final Meter received = new Meter();
  final int localAddress;
  final int peerAddress;

  private final int inboundSpi;
  private final String peerIdentity;
  private volatile long remote;
  private long sequence;

  // podseal-rx only
  private boolean firstReported;
  private long moveReported;
  private long quietUntilMillis;

  /**
   * @param linkMtu of the link that sealed packets leave by
   */
  Sa(ChildSa sa, CryptoProvider crypto, RandomSource random, int linkMtu) {
    ChildSaKeys keys = sa.keys();
    this.outbound = OutboundSa.of(crypto, random, keys);
    this.inbound = InboundSa.of(crypto, keys);
    this.tunnel = sa.mode() == ChildMode.TUNNEL;
    this.translated = sa.translated() && !tunnel;
    boolean judges = tunnel || sa.hasNarrowSelectors();
    this.filter = judges ? SelectorFilter.of(sa.selectors()) : null;
    this.longestWhole = outbound.longestPayload(linkMtu);
    this.innerLimit = tunnel ? longestWhole : longestWhole + Ipv4.SHORTEST_HEADER;
    this.maxOverhead = outbound.maxOverhead();
    this.longest = Datagram.MAX_LENGTH - maxOverhead;
    this.clamp = new MssClamp(innerLimit);
    this.header = new InnerHeader(sa.peerAddress(), sa.localAddress());
    this.localAddress = UdpAddress.toInt(sa.localAddress());
    this.peerAddress = UdpAddress.toInt(sa.peerAddress());
    this.inboundSpi = keys.inboundSpi();
    this.peerIdentity = sa.peerIdentity();
    this.remote = UdpAddress.pack(sa.remote());
  }

  int inboundSpi() {
    return inboundSpi;
  }

  String peerIdentity() {
    return peerIdentity;
  }

  /** Where sealed packets go, as {@link UdpAddress} packs it. */
  long remote() {
    return remote;
  }

  void remote(Endpoint to) {
    remote = UdpAddress.pack(to);
  }

  /** Publishes the sequence number used last; podseal-tx only. */
  void publishSequence() {
    SEQUENCE.setOpaque(this, outbound.sequence());
  }

  /**
   * Tells the listener what an authentic packet from {@code source} is news of: that it is the
   * first, or that the peer has another address. What the listener does not take is said again by a
   * later packet. The pause bounds what a listener without room costs, and a source that changes
   * with every packet.
   */
  void report(long source, long nowMillis, DataPlaneListener listener) {
    boolean moved = source != remote;
    if (!moved) {
      moveReported = 0;
    }
    boolean moveIsNews = moved && source != moveReported;
    if ((firstReported && !moveIsNews) || nowMillis < quietUntilMillis) {
      return;
    }
    if (!firstReported) {
      firstReported = listener.firstInbound(inboundSpi);
    }
    if (moveIsNews && listener.remoteMoved(inboundSpi, UdpAddress.unpack(source))) {
      moveReported = source;
    }
    if (moveIsNews || !firstReported) {
      quietUntilMillis = nowMillis + REPORT_PAUSE_MILLIS;
    }
  }

  ChildSaStats stats() {
    return new ChildSaStats(
        inboundSpi,
        peerIdentity,
        received.packets(),
        received.bytes(),
        sent.packets(),
        sent.bytes(),
        (long) SEQUENCE.getOpaque(this),
        received.last(),
        sent.last());
  }
}
