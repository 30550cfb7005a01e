package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.esp.Esp;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.sidecar.dataplane.ChildSa;
import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Packets;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Cutting large TCP packets and joining small ones, and the one undoing the other. */
final class TcpOffloadTest {
  private static final int IP = VirtioHeader.LENGTH;
  private static final int TCP = IP + 20;
  private static final int FIN = 0x01;
  private static final int PSH = 0x08;
  private static final int ACK = 0x10;
  private static final int CWR = 0x80;
  private static final byte[] TIMESTAMPS = {1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9};

  private final Inet4Address from = Lab.ipv4("10.8.0.1");
  private final Inet4Address to = Lab.ipv4("10.8.0.2");
  private final TcpSegments segments = new TcpSegments();
  private final TcpRun run = new TcpRun();
  private final Sa sa = sa(1);
  private final Random random = new Random(6);

  @Test
  void segmentsCarryTheDataInOrderWithRightChecksums() {
    byte[] data = octets(10_000);
    List<byte[]> cut = cut(tcp(ACK | PSH, data, TIMESTAMPS), 1400);

    assertThat(cut).hasSize(8);
    int at = 0;
    for (byte[] segment : cut) {
      assertThat(Packets.checksumsHold(packet(segment))).isTrue();
      assertThat(ByteBuffer.wrap(segment).getInt(4)).isEqualTo(1 + at);
      byte[] part = Arrays.copyOfRange(segment, 32, segment.length);
      assertThat(part).isEqualTo(Arrays.copyOfRange(data, at, at + part.length));
      assertThat(Arrays.copyOfRange(segment, 20, 32)).isEqualTo(TIMESTAMPS);
      at += part.length;
    }
    assertThat(at).isEqualTo(data.length);
  }

  @Test
  void flagsOfTheEndStayAtTheEndAndCwrAtTheBeginning() {
    List<byte[]> cut = cut(tcp(ACK | PSH | FIN | CWR, octets(3000), new byte[0]), 1000);

    assertThat(cut.stream().map(s -> s[13] & 0xff))
        .containsExactly(ACK | CWR, ACK, ACK | PSH | FIN);
  }

  @Test
  void segmentThatFitsIsLeftWhole() {
    assertThat(cut(tcp(ACK, octets(1000), new byte[0]), 1000)).hasSize(1);
    assertThat(cut(tcp(ACK, new byte[0], new byte[0]), 1000)).hasSize(1);
    assertThat(cut(tcp(ACK, octets(5), new byte[0]), 1)).hasSize(5);
  }

  @Test
  void nonsenseIsNotCut() {
    byte[] packet = tcp(ACK, octets(100), new byte[0]);
    TcpSegments.Target never = (b, offset, length) -> assertThat(length).isZero();

    assertThat(segments.cut(packet, IP, TCP, 120, 0, never)).isFalse();
    assertThat(segments.cut(packet, IP, TCP, 19, 50, never)).isFalse();
    packet[TCP + 12] = 0x40;
    assertThat(segments.cut(packet, IP, TCP, 120, 50, never)).isFalse();
    packet[TCP + 12] = (byte) 0xf0;
    assertThat(segments.cut(packet, IP, TCP, 30, 50, never)).isFalse();
  }

  @Test
  void whatWasCutJoinsToTheSamePacketForTheKernel() {
    for (int i = 0; i < 300; i++) {
      byte[] options = random.nextBoolean() ? TIMESTAMPS : new byte[0];
      int mss = 100 + random.nextInt(1300);
      byte[] data = octets(1 + random.nextInt(60_000));
      int flags = ACK | (random.nextBoolean() ? PSH : 0);
      List<byte[]> cut = cut(tcp(flags, data, options), mss);

      List<byte[]> joined = join(cut);

      assertThat(joined).hasSize(1);
      byte[] whole = joined.getFirst();
      int header = 20 + options.length;
      assertThat(Arrays.copyOfRange(whole, TCP + header, whole.length)).isEqualTo(data);
      assertThat(whole[TCP + 13]).isEqualTo((byte) flags);
      if (cut.size() > 1) {
        assertThat(VirtioHeader.needsChecksum(whole)).isTrue();
        assertThat(VirtioHeader.gsoType(whole)).isEqualTo(VirtioHeader.GSO_TCPV4);
        assertThat(VirtioHeader.gsoSize(whole)).isEqualTo(mss);
        assertThat(VirtioHeader.checksumStart(whole)).isEqualTo(20);
        assertThat(VirtioHeader.checksumOffset(whole)).isEqualTo(16);
        int sum = InternetChecksum.sum(whole, TCP, whole.length - TCP, 0);
        ByteBuffer.wrap(whole).putShort(TCP + 16, (short) ~sum);
      } else {
        assertThat(VirtioHeader.gsoType(whole)).isEqualTo(VirtioHeader.GSO_NONE);
      }
      assertThat(Packets.checksumsHold(Arrays.copyOfRange(whole, IP, whole.length))).isTrue();
    }
  }

  @Test
  void segmentsThatTheKernelCouldNotCutAgainStayApart() {
    byte[] first = segment(1000, 2000, 1, ACK, 500, 7, 100, new byte[0]);

    assertThat(follows(first, segment(1000, 2000, 101, ACK, 500, 7, 100, new byte[0]))).isTrue();
    assertThat(follows(first, segment(1000, 2000, 101, ACK | PSH, 500, 7, 60, new byte[0])))
        .isTrue();
    assertThat(follows(first, segment(1001, 2000, 101, ACK, 500, 7, 100, new byte[0])))
        .as("another port")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 102, ACK, 500, 7, 100, new byte[0])))
        .as("a gap")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 1, ACK, 500, 7, 100, new byte[0])))
        .as("again")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 101, ACK, 501, 7, 100, new byte[0])))
        .as("another acknowledgement")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 101, ACK, 500, 8, 100, new byte[0])))
        .as("another window")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 101, ACK | FIN, 500, 7, 100, new byte[0])))
        .as("FIN")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 101, ACK, 500, 7, 101, new byte[0])))
        .as("larger than the first")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 101, ACK, 500, 7, 0, new byte[0])))
        .as("nothing in it")
        .isFalse();
    assertThat(follows(first, segment(1000, 2000, 101, ACK, 500, 7, 100, TIMESTAMPS)))
        .as("options")
        .isFalse();
  }

  @Test
  void nothingFollowsAPushOrAShortSegmentOrOnAnotherSa() {
    byte[] next = segment(1000, 2000, 101, ACK, 500, 7, 100, new byte[0]);
    assertThat(follows(segment(1000, 2000, 1, ACK | PSH, 500, 7, 100, new byte[0]), next))
        .isFalse();

    byte[] first = segment(1000, 2000, 1, ACK, 500, 7, 100, new byte[0]);
    run.begin(sa, first, 0, first.length);
    byte[] shorter = segment(1000, 2000, 101, ACK, 500, 7, 50, new byte[0]);
    assertThat(run.append(sa, shorter, 0, shorter.length)).isTrue();
    byte[] afterShorter = segment(1000, 2000, 151, ACK, 500, 7, 50, new byte[0]);
    assertThat(run.append(sa, afterShorter, 0, afterShorter.length)).isFalse();
    run.finish();

    run.begin(sa, first, 0, first.length);
    assertThat(run.append(sa(2), next, 0, next.length)).isFalse();
    run.finish();
  }

  @Test
  void runEndsBeforeTheLongestIpPacket() {
    int segmentsTaken = 1;
    byte[] first = segment(1, 2, 1, ACK, 5, 7, 1400, new byte[0]);
    run.begin(sa, first, 0, first.length);
    while (true) {
      byte[] next = segment(1, 2, 1 + 1400 * segmentsTaken, ACK, 5, 7, 1400, new byte[0]);
      if (!run.append(sa, next, 0, next.length)) {
        break;
      }
      segmentsTaken++;
    }
    int length = run.finish();

    assertThat(segmentsTaken).isEqualTo(46);
    assertThat(length - IP).isEqualTo(40 + 46 * 1400).isLessThanOrEqualTo(65_535);
  }

  @Test
  void onlyPlainDataBeginsARun() {
    for (int flags : new int[] {0, 0x02, ACK | FIN, 0x04 | ACK, ACK | 0x20, PSH}) {
      byte[] b = segment(1, 2, 1, flags, 5, 7, 100, new byte[0]);
      assertThat(TcpRun.canBegin(b, 0, b.length)).as("flags %s", flags).isFalse();
    }
    byte[] b = segment(1, 2, 1, ACK, 5, 7, 0, new byte[0]);
    assertThat(TcpRun.canBegin(b, 0, b.length)).isFalse();
    for (int i = 0; i < 100_000; i++) {
      byte[] any = octets(random.nextInt(90));
      boolean can = TcpRun.canBegin(any, 0, any.length);
      assertThat(can && any.length <= 20).isFalse();
    }
  }

  @Test
  void checksumAgreesWithTheSlowWayAtEveryLengthAndOffset() {
    byte[] b = octets(3000);
    Arrays.fill(b, 1000, 2000, (byte) 0xff);
    for (int i = 0; i < 20_000; i++) {
      int offset = random.nextInt(1500);
      int length = random.nextInt(1500);
      int start = random.nextInt(0x20000);
      long slow = start;
      for (int j = 0; j < length; j++) {
        slow += j % 2 == 0 ? (b[offset + j] & 0xff) << 8 : b[offset + j] & 0xff;
      }
      while (slow >>> 16 != 0) {
        slow = (slow & 0xffff) + (slow >>> 16);
      }
      assertThat(InternetChecksum.sum(b, offset, length, start)).isEqualTo((int) slow);
    }
  }

  private boolean follows(byte[] first, byte[] second) {
    assertThat(TcpRun.canBegin(first, 0, first.length)).isTrue();
    run.begin(sa, first, 0, first.length);
    boolean follows = run.append(sa, second, 0, second.length);
    run.finish();
    return follows;
  }

  private List<byte[]> cut(byte[] packet, int mss) {
    List<byte[]> result = new ArrayList<>();
    int length = packet.length - TCP;
    byte[] b = Arrays.copyOf(packet, packet.length + Esp.TRAILER_ROOM);
    assertThat(
            segments.cut(
                b,
                IP,
                TCP,
                length,
                mss,
                (array, offset, n) -> {
                  result.add(Arrays.copyOfRange(array, offset, offset + n));
                  // What sealing does to the octets behind.
                  Arrays.fill(array, offset + n, offset + n + Esp.TRAILER_ROOM, (byte) 0x55);
                }))
        .isTrue();
    return result;
  }

  private List<byte[]> join(List<byte[]> segments) {
    List<byte[]> result = new ArrayList<>();
    for (byte[] segment : segments) {
      if (!run.isEmpty() && run.append(sa, segment, 0, segment.length)) {
        continue;
      }
      if (!run.isEmpty()) {
        result.add(Arrays.copyOf(run.array(), run.finish()));
      }
      assertThat(TcpRun.canBegin(segment, 0, segment.length)).isTrue();
      run.begin(sa, segment, 0, segment.length);
    }
    int length = run.finish();
    result.add(Arrays.copyOf(run.array(), length));
    return result;
  }

  /** A packet as the TUN device hands it over. */
  private byte[] tcp(int flags, byte[] data, byte[] options) {
    byte[] segment = segment(1000, 80, 1, flags, 3, 60_000, data.length, options);
    System.arraycopy(data, 0, segment, segment.length - data.length, data.length);
    byte[] ip = Packets.ipv4(from, to, 6, 0, segment, 16);
    byte[] packet = new byte[IP + ip.length];
    System.arraycopy(ip, 0, packet, IP, ip.length);
    return packet;
  }

  private byte[] packet(byte[] segment) {
    byte[] copy = segment.clone();
    ByteBuffer kept = ByteBuffer.wrap(copy);
    short checksum = kept.getShort(16);
    kept.putShort(16, (short) 0);
    byte[] packet = Packets.ipv4(from, to, 6, 0, copy, -1);
    ByteBuffer.wrap(packet).putShort(36, checksum);
    return packet;
  }

  private static byte[] segment(
      int source,
      int destination,
      int sequence,
      int flags,
      int acknowledgement,
      int window,
      int dataLength,
      byte[] options) {
    ByteBuffer tcp = ByteBuffer.allocate(20 + options.length + dataLength);
    tcp.putShort((short) source).putShort((short) destination);
    tcp.putInt(sequence).putInt(acknowledgement);
    tcp.put((byte) (((20 + options.length) / 4) << 4)).put((byte) flags).putShort((short) window);
    tcp.putShort((short) 0).putShort((short) 0).put(options);
    return tcp.array();
  }

  private byte[] octets(int length) {
    byte[] result = new byte[length];
    random.nextBytes(result);
    return result;
  }

  /** Opens what comes from {@link #from}. */
  private Sa sa(int number) {
    EncryptionAlgorithm cipher = EncryptionAlgorithm.AES_GCM_16_128;
    SecretBytes key = SecretBytes.adopt(new byte[cipher.keymatLength()]);
    ChildSaKeys keys =
        new ChildSaKeys(1000 + number, 2000 + number, EspSuite.aead(cipher, true), key, key);
    return new Sa(
        new ChildSa("peer", keys, new Endpoint(from, 4500), to, from),
        new JdkCryptoProvider(),
        new Random(1)::nextBytes,
        1500);
  }
}
