package io.podseal.protocol.esp;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SelectorFilterTest {
  private static final int WE = 0x0a000001;
  private static final int PEER = 0x0a000002;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int GRE = 47;

  @Test
  void wholeHostsTakeEveryPacketBetweenThemInTheRightDirection() throws Exception {
    SelectorFilter filter =
        SelectorFilter.of(
            TrafficSelectors.hosts(
                InetAddress.getByName("10.0.0.1"), InetAddress.getByName("10.0.0.2")));

    for (int protocol : new int[] {1, TCP, UDP, GRE}) {
      assertThat(out(filter, packet(protocol, WE, 1, PEER, 2))).isTrue();
      assertThat(in(filter, packet(protocol, PEER, 1, WE, 2))).isTrue();
      assertThat(in(filter, packet(protocol, WE, 1, PEER, 2))).isFalse();
      assertThat(out(filter, packet(protocol, PEER, 1, WE, 2))).isFalse();
      assertThat(in(filter, packet(protocol, 0x0a000003, 1, WE, 2))).isFalse();
      assertThat(in(filter, packet(protocol, PEER, 1, 0x0a000003, 2))).isFalse();
    }
  }

  @Test
  void addressesAreRangesOfUnsignedNumbers() {
    SelectorFilter filter =
        filter(range(0, 0, 0xffff, 0x7ffffff0, 0x8000000f), range(0, 0, 0xffff, 0, -1));

    assertThat(out(filter, packet(UDP, 0x7fffffff, 1, PEER, 2))).isTrue();
    assertThat(out(filter, packet(UDP, 0x80000000, 1, PEER, 2))).isTrue();
    assertThat(out(filter, packet(UDP, 0x80000010, 1, PEER, 2))).isFalse();
    assertThat(out(filter, packet(UDP, 0x7fffffef, 1, PEER, 2))).isFalse();
  }

  @Test
  void portsAreThoseOfTheirEnd() {
    SelectorFilter server = filter(range(TCP, 80, 81, WE, WE), range(0, 0, 0xffff, PEER, PEER));

    assertThat(out(server, packet(TCP, WE, 80, PEER, 4000))).isTrue();
    assertThat(in(server, packet(TCP, PEER, 4000, WE, 81))).isTrue();
    assertThat(in(server, packet(TCP, PEER, 80, WE, 82))).isFalse();
    assertThat(in(server, packet(TCP, PEER, 4000, WE, 79))).isFalse();
    assertThat(in(server, packet(UDP, PEER, 4000, WE, 80))).isFalse();
  }

  @Test
  void fragmentWithoutPortsNeedsAnyOrOpaque() {
    byte[] later = packet(TCP, PEER, 4000, WE, 80);
    later[7] = 1;
    byte[] first = packet(TCP, PEER, 4000, WE, 80);
    first[6] = 0x20;
    TrafficSelector anyPeer = range(0, 0, 0xffff, PEER, PEER);

    assertThat(in(filter(range(TCP, 80, 80, WE, WE), anyPeer), first)).isTrue();
    assertThat(in(filter(range(TCP, 80, 80, WE, WE), anyPeer), later)).isFalse();
    assertThat(in(filter(range(TCP, 0, 0xffff, WE, WE), anyPeer), later)).isTrue();
    assertThat(in(filter(range(TCP, 0xffff, 0, WE, WE), anyPeer), later)).isTrue();
    assertThat(in(filter(range(TCP, 0xffff, 0, WE, WE), anyPeer), first)).isFalse();
    assertThat(in(filter(range(TCP, 0, 0xfffe, WE, WE), anyPeer), later)).isFalse();
  }

  /** RFC 4301 §4.4.1.3, example C: echo requests may leave and not come in, replies come in. */
  @Test
  void icmpTypeAndCodeAreSelectorsOfTheEndThatSends() {
    SelectorFilter filter = filter(range(1, 0x0800, 0x08ff, WE, WE), range(1, 0, 0, PEER, PEER));

    assertThat(out(filter, icmp(8, WE, PEER))).isTrue();
    assertThat(in(filter, icmp(8, PEER, WE))).isFalse();
    assertThat(in(filter, icmp(0, PEER, WE))).isTrue();
    SelectorFilter sendOnly =
        filter(range(1, 0x0300, 0x03ff, WE, WE), range(1, 0xffff, 0, PEER, PEER));
    assertThat(out(sendOnly, icmp(3, WE, PEER))).isTrue();
    assertThat(in(sendOnly, icmp(3, PEER, WE))).isFalse();
  }

  @Test
  void selectorWithItsPortsTheWrongWayRoundTakesNothing() {
    TrafficSelector anyPeer = range(0, 0, 0xffff, PEER, PEER);

    for (int protocol : new int[] {0, 1}) {
      SelectorFilter anywhere = filter(range(protocol, 500, 100, 0, -1), anyPeer);
      assertThat(in(anywhere, icmp(8, PEER, WE))).isFalse();
      assertThat(in(anywhere, icmp(8, PEER, 0x0a000003))).isFalse();
      assertThat(out(anywhere, icmp(8, WE, PEER))).isFalse();
    }
  }

  @Test
  void protocolWithoutPortsIsNoneOfARange() {
    TrafficSelector anyPeer = range(0, 0, 0xffff, PEER, PEER);

    assertThat(in(filter(range(GRE, 0, 0xffff, WE, WE), anyPeer), packet(GRE, PEER, 1, WE, 2)))
        .isTrue();
    assertThat(in(filter(range(GRE, 0xffff, 0, WE, WE), anyPeer), packet(GRE, PEER, 1, WE, 2)))
        .isTrue();
    assertThat(in(filter(range(GRE, 2, 2, WE, WE), anyPeer), packet(GRE, PEER, 1, WE, 2)))
        .isFalse();
  }

  @Test
  void packetTooShortForItsPortsHasNone() {
    byte[] whole = packet(UDP, PEER, 4000, WE, 80);
    byte[] cut = Arrays.copyOf(whole, 23);
    BigEndian.putShort(cut, 2, 23);
    TrafficSelector anyPeer = range(0, 0, 0xffff, PEER, PEER);

    assertThat(in(filter(range(UDP, 80, 80, WE, WE), anyPeer), whole)).isTrue();
    assertThat(in(filter(range(UDP, 80, 80, WE, WE), anyPeer), cut)).isFalse();
  }

  private static boolean out(SelectorFilter filter, byte[] packet) {
    return filter.admitsOutbound(packet, 0, 20, packet.length);
  }

  private static boolean in(SelectorFilter filter, byte[] packet) {
    return filter.admitsInbound(packet, 0, 20, packet.length);
  }

  private static SelectorFilter filter(TrafficSelector local, TrafficSelector remote) {
    return SelectorFilter.of(new TrafficSelectors(List.of(local), List.of(remote)));
  }

  private static TrafficSelector range(int protocol, int fromPort, int toPort, int from, int to) {
    return new TrafficSelector(
        TrafficSelector.IPV4_RANGE, protocol, fromPort, toPort, Bytes.ofInt(from), Bytes.ofInt(to));
  }

  private static byte[] icmp(int type, int from, int to) {
    return packet(1, from, type << 8, to, 0xabcd);
  }

  private static byte[] packet(int protocol, int from, int fromPort, int to, int toPort) {
    byte[] packet = new byte[28];
    packet[0] = 0x45;
    BigEndian.putShort(packet, 2, packet.length);
    packet[9] = (byte) protocol;
    BigEndian.putInt(packet, 12, from);
    BigEndian.putInt(packet, 16, to);
    BigEndian.putShort(packet, 20, fromPort);
    BigEndian.putShort(packet, 22, toPort);
    return packet;
  }
}
