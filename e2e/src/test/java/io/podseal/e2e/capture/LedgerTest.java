package io.podseal.e2e.capture;

import static io.podseal.e2e.capture.Frames.behindMarker;
import static io.podseal.e2e.capture.Frames.captured;
import static io.podseal.e2e.capture.Frames.esp;
import static io.podseal.e2e.capture.Frames.icmp;
import static io.podseal.e2e.capture.Frames.ike;
import static io.podseal.e2e.capture.Frames.ipv4;
import static io.podseal.e2e.capture.Frames.udp;
import static io.podseal.e2e.capture.Frames.udpDatagram;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final int MORE_FRAGMENTS = 0x2000;

  private final Ledger ledger = new Ledger();

  @Test
  void ikeIsSeenOnPort500AndBehindTheMarkerOnPort4500() throws Exception {
    assertThat(ledger.add(captured(udp(500, 500, ike(34, 0x08))))).contains(WireKind.IKE);
    assertThat(ledger.add(captured(udp(4500, 4500, behindMarker(ike(35, 0x20))))))
        .contains(WireKind.IKE);

    assertThat(summary().exchanges())
        .isEqualTo(Map.of("IKE_SA_INIT request", 1L, "IKE_AUTH response", 1L));
    assertThat(summary().count(WireKind.CLEAR)).isZero();
  }

  @Test
  void anErrorThatQuotesASealedPacketIsNotClearAndAnyOtherIcmpIs() throws Exception {
    byte[] sealed = udp(4500, 4500, behindMarker(ike(37, 0x08)));
    byte[] name = udp(53, 53, new byte[40]);
    byte[] tcp = ipv4(6, 1, 0, udpDatagram(500, 4500, new byte[40]));

    assertThat(ledger.add(captured(icmp(3, sealed)))).contains(WireKind.SEALED_QUOTE);
    assertThat(ledger.add(captured(icmp(3, tcp)))).contains(WireKind.CLEAR);
    assertThat(ledger.add(captured(icmp(8, sealed)))).contains(WireKind.CLEAR);
    assertThat(ledger.add(captured(icmp(3, Arrays.copyOf(sealed, 30))))).contains(WireKind.CLEAR);
    assertThat(ledger.add(captured(icmp(3, name)))).contains(WireKind.CLEAR);
  }

  @Test
  void espIsCountedWithItsSpiAndRepeatedSequenceNumbers() throws Exception {
    assertThat(ledger.add(captured(udp(4500, 4500, esp(0x1001, 1, 60))))).contains(WireKind.ESP);
    ledger.add(captured(udp(4500, 4500, esp(0x1001, 2, 60))));
    ledger.add(captured(udp(4500, 4500, esp(0xfffffff0, 1, 60))));
    ledger.add(captured(udp(4500, 4500, esp(0x1001, 2, 60))));

    assertThat(summary().count(WireKind.ESP)).isEqualTo(4);
    assertThat(summary().espBytes()).isEqualTo(240);
    assertThat(summary().spis()).containsExactly(0x1001L, 0xfffffff0L);
    assertThat(summary().sequenceRepeats()).isEqualTo(1);
  }

  @Test
  void everyDatagramOfAnEspSuperPacketCounts() throws Exception {
    byte[] payload =
        ByteBuffer.allocate(250)
            .put(esp(7000, 1, 100))
            .put(esp(7000, 2, 100))
            .put(esp(7000, 3, 50))
            .array();
    byte[] frame = udp(4500, 4500, payload);

    ledger.add(new CapturedFrame(Instant.EPOCH, frame, frame.length, 100));

    assertThat(summary().count(WireKind.ESP)).isEqualTo(3);
    assertThat(summary().espBytes()).isEqualTo(250);
    assertThat(summary().sequenceRepeats()).isZero();
  }

  @Test
  void aKeepaliveIsNotClear() {
    assertThat(ledger.add(captured(udp(4500, 4500, new byte[] {(byte) 0xff}))))
        .contains(WireKind.KEEPALIVE);
  }

  @Test
  void otherUdpTcpIcmpAndBareEspAreClearAndDescribed() throws Exception {
    assertThat(ledger.add(captured(udp(40000, 53, new byte[10])))).contains(WireKind.CLEAR);
    assertThat(ledger.add(captured(ipv4(6, 1, 0, new byte[20])))).contains(WireKind.CLEAR);
    assertThat(ledger.add(captured(ipv4(1, 1, 0, new byte[8])))).contains(WireKind.CLEAR);
    assertThat(ledger.add(captured(ipv4(50, 1, 0, new byte[40])))).contains(WireKind.CLEAR);

    assertThat(summary().count(WireKind.CLEAR)).isEqualTo(4);
    assertThat(summary().clear().getFirst()).endsWith("10.0.0.1 > 10.0.0.2 UDP 40000>53, 18 bytes");
    assertThat(summary().clear()).anyMatch(line -> line.contains("protocol 50"));
  }

  @Test
  void aFragmentIsSealedOnlyIfItsFirstFragmentWas() {
    byte[] first = udpDatagram(4500, 4500, esp(0x2000, 1, 1472));
    byte[] rest = new byte[100];

    assertThat(ledger.add(captured(ipv4(17, 77, MORE_FRAGMENTS, first)))).contains(WireKind.ESP);
    assertThat(ledger.add(captured(ipv4(17, 77, 185, rest)))).contains(WireKind.SEALED_FRAGMENT);
    assertThat(ledger.add(captured(ipv4(17, 78, 185, rest)))).contains(WireKind.CLEAR);
  }

  @Test
  void aLaterFragmentIsNotTakenForEspByWhatItsBytesLookLike() {
    byte[] looksLikePort4500 = udpDatagram(4500, 4500, esp(0x2000, 1, 100));

    assertThat(ledger.add(captured(ipv4(17, 5, 10, looksLikePort4500)))).contains(WireKind.CLEAR);
  }

  @Test
  void aPairIsTheSameInBothDirectionsAndNotAnother() throws Exception {
    ledger.add(captured(ipv4(1, 1, 0, new byte[8])));

    assertThat(ledger.between(address(Frames.POSTGRES), address(Frames.ORDERS)).packets())
        .isEqualTo(Map.of(WireKind.CLEAR, 1L));
    assertThat(ledger.between(address(Frames.ORDERS), address(new byte[] {10, 0, 0, 3})).packets())
        .isEmpty();
  }

  @Test
  void ipv6BetweenAPairIsClear() throws Exception {
    byte[] low = new byte[16];
    byte[] high = new byte[16];
    high[15] = 1;
    byte[] frame =
        ByteBuffer.allocate(14 + 40 + 8)
            .put(new byte[12])
            .putShort((short) 0x86dd)
            .put((byte) 0x60)
            .put(new byte[3])
            .putShort((short) 8)
            .put((byte) 17)
            .put((byte) 64)
            .put(low)
            .put(high)
            .array();

    assertThat(ledger.add(captured(frame))).contains(WireKind.CLEAR);
    assertThat(
            ledger
                .between(InetAddress.getByAddress(low), InetAddress.getByAddress(high))
                .count(WireKind.CLEAR))
        .isEqualTo(1);
  }

  @Test
  void whatIsCutShortOrNotIpNeverThrows() {
    byte[] whole = udp(4500, 4500, esp(0x2000, 1, 60));
    for (int length = 0; length < whole.length; length++) {
      ledger.add(captured(Arrays.copyOf(whole, length)));
    }
    byte[] arp = new byte[42];
    arp[12] = 0x08;
    arp[13] = 0x06;
    assertThat(ledger.add(captured(arp))).isEmpty();
  }

  private Ledger.Summary summary() throws UnknownHostException {
    return ledger.between(address(Frames.ORDERS), address(Frames.POSTGRES));
  }

  private static InetAddress address(byte[] bytes) throws UnknownHostException {
    return InetAddress.getByAddress(bytes);
  }
}
