package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Packets;
import java.net.Inet4Address;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MssClampTest {
  private static final int LIMIT = 1418;
  private final MssClamp clamp = new MssClamp(1458);
  private final Inet4Address from = Lab.ipv4("10.8.0.1");
  private final Inet4Address to = Lab.ipv4("10.8.0.2");

  @Test
  void synWithALargerMssIsLoweredAndItsChecksumMended() {
    byte[] packet = segment(Packets.SYN, "020405b4");

    clamp(packet);

    assertThat(mss(packet, 22)).isEqualTo(LIMIT);
    assertThat(Packets.checksumsHold(packet)).isTrue();
  }

  @Test
  void synAckIsLoweredToo() {
    byte[] packet = segment(Packets.SYN | Packets.ACK, "0204ffd7");

    clamp(packet);

    assertThat(mss(packet, 22)).isEqualTo(LIMIT);
    assertThat(Packets.checksumsHold(packet)).isTrue();
  }

  @Test
  void optionBehindOthersAndAtAnOddOffsetIsFound() {
    byte[] packet = segment(Packets.SYN, "01030307" + "01020423" + "28000000");

    clamp(packet);

    assertThat(mss(packet, 27)).isEqualTo(LIMIT);
    assertThat(Packets.checksumsHold(packet)).isTrue();
  }

  @Test
  void smallerMssAndOtherSegmentsStayAsTheyAre() {
    for (byte[] packet :
        new byte[][] {
          segment(Packets.SYN, "0204058a"),
          segment(Packets.SYN, "02040218"),
          segment(Packets.ACK, "020405b4"),
          segment(Packets.SYN, ""),
          segment(Packets.SYN, "00020405b4000000"),
          segment(Packets.SYN, "0203ffff"),
          segment(Packets.SYN, "08ffffff"),
          segment(Packets.SYN, "08000000"),
          segment(Packets.SYN, "01010102")
        }) {
      byte[] before = packet.clone();

      clamp(packet);

      assertThat(packet).isEqualTo(before);
    }
  }

  @Test
  void checksumHoldsForAnyMssAtAnyOffset() {
    Random random = new Random(8);
    for (int i = 0; i < 50_000; i++) {
      int announced = random.nextInt(0x10000);
      int nops = random.nextInt(4);
      byte[] packet =
          segment(
              Packets.SYN,
              "01".repeat(nops) + "0204%04x".formatted(announced) + "01".repeat(4 - nops));
      packet[24] = (byte) random.nextInt();

      byte[] whole = mended(packet);
      clamp(whole);

      assertThat(mss(whole, 22 + nops)).isEqualTo(Math.min(announced, LIMIT));
      assertThat(Packets.checksumsHold(whole)).as("announced %s", announced).isTrue();
    }
  }

  @Test
  void anyOctetsAreHarmless() {
    Random random = new Random(9);
    byte[] b = new byte[120];
    for (int i = 0; i < 200_000; i++) {
      random.nextBytes(b);
      int offset = random.nextInt(20);
      int length = random.nextInt(100);
      byte[] before = b.clone();

      clamp.apply(b, offset, length);

      assertThat(Arrays.copyOf(b, offset)).isEqualTo(Arrays.copyOf(before, offset));
      assertThat(Arrays.copyOfRange(b, offset + length, b.length))
          .isEqualTo(Arrays.copyOfRange(before, offset + length, b.length));
    }
  }

  private void clamp(byte[] packet) {
    clamp.apply(packet, 20, packet.length - 20);
  }

  private byte[] segment(int flags, String options) {
    return Packets.tcp(from, 1000, to, 80, flags, HexFormat.of().parseHex(options));
  }

  /** The same packet with checksums for its changed octets. */
  private byte[] mended(byte[] packet) {
    byte[] payload = Arrays.copyOfRange(packet, 20, packet.length);
    payload[16] = 0;
    payload[17] = 0;
    return Packets.ipv4(from, to, 6, 0x4000, payload, 16);
  }

  private static int mss(byte[] packet, int offsetInSegment) {
    int at = 20 + offsetInSegment;
    return (packet[at] & 0xff) << 8 | (packet[at + 1] & 0xff);
  }
}
