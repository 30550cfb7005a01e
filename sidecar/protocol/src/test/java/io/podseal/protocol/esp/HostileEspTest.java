package io.podseal.protocol.esp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.esp.replay.ReplayWindow;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ESP packets that broke other implementations, or are at the edge of what the RFC allows. */
class HostileEspTest {
  private static final JdkCryptoProvider CRYPTO = new JdkCryptoProvider();
  private static final EncryptionAlgorithm CIPHER = EncryptionAlgorithm.AES_GCM_16_256;
  private static final SecretBytes KEYMAT = SecretBytes.copyOf(new byte[36]);
  private static final int SPI = 0x100;
  private static final int LARGEST = 65_535 - 20 - 8;

  private final byte[] sealed = new byte[70_000];
  private final byte[] opened = new byte[70_000];

  /** SPI, sequence number, IV, the trailer without padding, ICV. */
  private static final int SHORTEST_PACKET = 8 + 8 + 2 + 16;

  private boolean esn = true;

  private Protection protection() {
    return new AeadProtection(CRYPTO, CIPHER, SPI, esn, KEYMAT);
  }

  private InboundSa inbound(long top) {
    ReplayWindow window = new ReplayWindow(Esp.REPLAY_WINDOW);
    window.mark(top);
    return new InboundSa(protection(), SPI, esn, window);
  }

  /** The packet with this sequence number. */
  private byte[] packet(long sequence, int payload) {
    byte[] in = new byte[payload + Esp.TRAILER_ROOM];
    OutboundSa outbound = new OutboundSa(protection(), SPI, esn, sequence - 1);
    int length = outbound.sealPayload(17, in, 0, payload, sealed, 0);
    return Arrays.copyOf(sealed, length);
  }

  private int open(InboundSa sa, byte[] packet) {
    return sa.open(packet, 0, packet.length, opened, 0);
  }

  @Test
  void cve_2022_27666_theLargestDatagramIsOpenedAndALargerBufferIsNeverAssumed() {
    int payload = (LARGEST - Esp.PAYLOAD_OFFSET - 16) / 4 * 4 - Esp.TRAILER_LENGTH;
    byte[] packet = packet(1, payload);
    assertThat(packet.length).isBetween(LARGEST - 3, LARGEST);
    assertThat(open(inbound(0), packet)).isEqualTo(payload);
    for (int room : new int[] {0, 1, payload, packet.length - Esp.PAYLOAD_OFFSET - 1}) {
      assertThat(inbound(0).open(packet, 0, packet.length, new byte[room], 0))
          .isEqualTo(DropReason.ESP_TOO_LONG.code());
    }
    int exact = packet.length - Esp.PAYLOAD_OFFSET;
    assertThat(inbound(0).open(packet, 0, packet.length, new byte[exact], 0)).isEqualTo(payload);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255})
  void cve_2025_39965_noSaHasAReservedSpi(int spi) {
    assertThatThrownBy(() -> new InboundSa(CRYPTO, CIPHER, spi, true, KEYMAT))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new OutboundSa(CRYPTO, CIPHER, spi, true, KEYMAT))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void cve_2026_43284_thePacketsOwnBufferIsNeverWritten() {
    byte[] packet = packet(1, 100);
    byte[] forged = packet.clone();
    forged[50] ^= 1;
    for (byte[] p : new byte[][] {packet, forged}) {
      byte[] before = p.clone();
      open(inbound(0), p);
      assertThat(p).isEqualTo(before);
    }
    byte[] one = packet.clone();
    assertThatThrownBy(() -> inbound(0).open(one, 0, one.length, one, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Also CVE-2026-31518 and 2026-43167: a dead SA's key is gone and opens nothing. */
  @Test
  void cve_2026_31663_anSaThatIsDestroyedOpensNothing() {
    InboundSa sa = inbound(0);
    byte[] first = packet(1, 20);
    byte[] second = packet(2, 20);
    assertThat(open(sa, first)).isEqualTo(20);
    sa.destroy();
    assertThatThrownBy(() -> open(sa, second)).isInstanceOf(IllegalStateException.class);
    assertThat(sa.highestSequence()).isEqualTo(1);
  }

  @Test
  void extra_esp_alignment_anyLengthIsJudgedByItsIcvAlone() {
    byte[] packet = packet(1, 100);
    for (int length = 0; length < packet.length; length++) {
      int code = inbound(0).open(packet, 0, length, opened, 0);
      assertThat(code)
          .as("length %d", length)
          .isEqualTo(
              (length < SHORTEST_PACKET ? DropReason.ESP_TOO_SHORT : DropReason.ESP_INTEGRITY)
                  .code());
    }
    byte[] longer = Arrays.copyOf(packet, packet.length + 3);
    assertThat(open(inbound(0), longer)).isEqualTo(DropReason.ESP_INTEGRITY.code());
    assertThat(open(inbound(0), packet)).isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void extra_esp_window_edge_theLowestNumberOfTheWindowPassesOnceAndTheOneBelowNever(boolean e) {
    esn = e;
    long top = 5000;
    long lowest = top - Esp.REPLAY_WINDOW + 1;
    InboundSa sa = inbound(0);
    assertThat(open(sa, packet(top, 8))).isEqualTo(8);
    // With ESN a number below the window is one of the next half (RFC 4303 Appendix A2.2).
    DropReason below = esn ? DropReason.ESP_INTEGRITY : DropReason.ESP_TOO_OLD;
    assertThat(open(sa, packet(lowest - 1, 8))).isEqualTo(below.code());
    assertThat(open(sa, packet(lowest, 8))).isEqualTo(8);
    assertThat(open(sa, packet(lowest, 8))).isEqualTo(DropReason.ESP_REPLAY.code());
    assertThat(open(sa, packet(top, 8))).isEqualTo(DropReason.ESP_REPLAY.code());
    assertThat(open(sa, packet(top + 1, 8))).isEqualTo(8);
    assertThat(open(sa, packet(lowest + 1, 8))).isEqualTo(8);
  }

  @Test
  void extra_esp_half_wrap_aNumberOfTheLastHalfOrOfTheNextDoesNotOpenAsAnother() {
    long wrap = 1L << 32;
    InboundSa sa = inbound(wrap + 10);
    // The receiver can only infer numbers near the window; a copy of any other fails its ICV.
    assertThat(open(sa, packet(wrap - 5, 8))).isEqualTo(8);
    assertThat(open(sa, packet(10, 8))).isEqualTo(DropReason.ESP_REPLAY.code());
    assertThat(open(sa, packet(11, 8))).isEqualTo(DropReason.ESP_INTEGRITY.code());
    assertThat(open(sa, packet(2 * wrap + 11, 8))).isEqualTo(DropReason.ESP_INTEGRITY.code());
    assertThat(open(sa, packet(wrap + 11, 8))).isEqualTo(8);
    assertThat(sa.highestSequence()).isEqualTo(wrap + 11);
  }

  @Test
  void cve_2021_41991_extremeNumbersNeitherThrowNorMoveTheWindow() {
    Random random = new Random(3);
    for (long top : new long[] {0, 1, (1L << 31) - 1, 1L << 31, (1L << 32) - 1, 1L << 32, -2L}) {
      InboundSa sa = inbound(top);
      for (int low : new int[] {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, random.nextInt()}) {
        byte[] forged = packet(1, 40);
        BigEndian.putInt(forged, Esp.SEQUENCE_OFFSET, low);
        forged[20] ^= 1;
        assertThat(InboundSa.isAuthentic(open(sa, forged))).isFalse();
        assertThat(sa.highestSequence()).isEqualTo(top);
      }
    }
  }
}
