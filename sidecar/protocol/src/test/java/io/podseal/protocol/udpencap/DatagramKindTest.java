package io.podseal.protocol.udpencap;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.telemetry.DropReason;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DatagramKindTest {

  @Test
  void fourZeroOctetsMarkIke() {
    assertThat(kind("00000000" + "ab".repeat(28))).isEqualTo(DatagramKind.IKE);
  }

  @Test
  void markerWithoutRoomForAnIkeHeaderIsTooShort() {
    assertThat(kind("00000000")).isEqualTo(DatagramKind.TOO_SHORT);
    assertThat(kind("00000000" + "ab".repeat(27))).isEqualTo(DatagramKind.TOO_SHORT);
  }

  @Test
  void exactlyOneOctetOfOnesIsAKeepalive() {
    assertThat(kind("ff")).isEqualTo(DatagramKind.KEEPALIVE);
    assertThat(kind("ff").dropReason()).isEqualTo(DropReason.KEEPALIVE);
    assertThat(kind("fe")).isEqualTo(DatagramKind.TOO_SHORT);
    assertThat(kind("ffff")).isEqualTo(DatagramKind.TOO_SHORT);
    assertThat(kind("ffffffff00000001")).isEqualTo(DatagramKind.ESP);
  }

  @Test
  void spisUpTo255AreReserved() {
    assertThat(kind("00000001" + "00".repeat(40))).isEqualTo(DatagramKind.RESERVED_SPI);
    assertThat(kind("000000ff" + "00".repeat(40))).isEqualTo(DatagramKind.RESERVED_SPI);
    assertThat(kind("00000100" + "00".repeat(40))).isEqualTo(DatagramKind.ESP);
    assertThat(kind("80000000" + "00".repeat(40))).isEqualTo(DatagramKind.ESP);
  }

  @Test
  void nothingAtAllIsTooShort() {
    assertThat(kind("")).isEqualTo(DatagramKind.TOO_SHORT);
    assertThat(kind("000000")).isEqualTo(DatagramKind.TOO_SHORT);
  }

  @Test
  void onlyIkeAndEspGoFurther() {
    for (DatagramKind kind : DatagramKind.values()) {
      boolean further = kind == DatagramKind.IKE || kind == DatagramKind.ESP;
      assertThat(kind.dropReason() == null).as("%s", kind).isEqualTo(further);
    }
  }

  @Test
  void anyOctetsAreClassifiedWithoutReadingBeyondThem() {
    Random random = new Random(11);
    for (int i = 0; i < 100_000; i++) {
      byte[] b = new byte[random.nextInt(40)];
      random.nextBytes(b);
      int offset = b.length == 0 ? 0 : random.nextInt(b.length);
      assertThat(DatagramKind.of(b, offset, b.length - offset)).isNotNull();
    }
  }

  private static DatagramKind kind(String hex) {
    byte[] b = HexFormat.of().parseHex("5a" + hex);
    return DatagramKind.of(b, 1, b.length - 1);
  }
}
