package io.podseal.protocol.esp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.esp.replay.ReplayWindow;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EspTest {
  private static final CryptoProvider CRYPTO = new JdkCryptoProvider();
  private static final EncryptionAlgorithm CIPHER = EncryptionAlgorithm.AES_GCM_16_256;
  private static final byte[] KEYMAT = sequenceOf(36);
  private static final int SPI = 0xc0000001;
  private static final int ROOM = 70_000;

  private final byte[] sealed = new byte[ROOM];
  private final byte[] opened = new byte[ROOM];

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsSealedOpensToTheSamePayloadAndProtocol(boolean esn) {
    long seed = 7;
    Random random = new Random(seed);
    OutboundSa outbound = outbound(esn, 0);
    InboundSa inbound = inbound(esn, 0);
    for (int i = 0; i < 3000; i++) {
      int options = random.nextInt(11) * 4;
      int protocol = random.nextInt(255) == 58 ? 6 : random.nextInt(59);
      byte[] payload = new byte[random.nextInt(i % 100 == 0 ? 60_000 : 1500)];
      random.nextBytes(payload);
      byte[] packet = ipv4(options, protocol, payload);

      int length = outbound.seal(packet, 0, packet.length - Esp.TRAILER_ROOM, sealed, 3);
      int payloadLength = inbound.open(sealed, 3, length, opened, 20);

      assertThat(length)
          .as("round %s of seed %s", i, seed)
          .isBetween(payload.length + 34, payload.length + Esp.MAX_OVERHEAD);
      assertThat(length % 4).isZero();
      assertThat(payloadLength).isEqualTo(payload.length);
      assertThat(inbound.nextHeader()).isEqualTo(protocol);
      assertThat(Arrays.copyOfRange(opened, 20, 20 + payloadLength)).isEqualTo(payload);
    }
  }

  /** The layout of C1, octet by octet, with the cipher alone as the judge. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sealedPacketHasTheLayoutOfTheRfc(boolean esn) {
    long sequence = esn ? 0x1_0000_0002L : 2;
    OutboundSa outbound = outbound(esn, sequence - 1);
    byte[] packet = ipv4(0, 17, new byte[] {9, 8, 7});

    int length = outbound.seal(packet, 0, 23, sealed, 0);

    // 3 octets, padded by 1 2 3 so that padding, length and next header end on 4.
    assertThat(length).isEqualTo(16 + 8 + 16);
    assertThat(HexFormat.of().formatHex(sealed, 0, 16))
        .isEqualTo("c000000100000002" + (esn ? "0000000100000002" : "0000000000000002"));
    byte[] nonce = Arrays.copyOfRange(KEYMAT, 32, 44);
    System.arraycopy(sealed, 8, nonce, 4, 8);
    byte[] aad = HexFormat.of().parseHex(esn ? "c00000010000000100000002" : "c000000100000002");
    byte[] plain = new byte[8];
    Aead judge = CRYPTO.aead(CIPHER, SecretBytes.copyOf(KEYMAT, 0, 32));
    assertThat(judge.open(nonce, aad, aad.length, sealed, 16, length - 16, plain, 0)).isEqualTo(8);
    assertThat(plain).containsExactly(9, 8, 7, 1, 2, 3, 3, 17);
    assertThat(outbound.sequence()).isEqualTo(sequence);
  }

  @Test
  void firstPacketHasSequenceOne() {
    OutboundSa outbound = outbound(true, 0);

    outbound.sealDummy(sealed, 0);

    assertThat(BigEndian.getInt(sealed, 4)).isEqualTo(1);
  }

  @Test
  void sequenceEndsAtTwoToThe32WithoutEsnAndNeverWraps() {
    OutboundSa outbound = outbound(false, 0xfffffffeL);
    byte[] packet = ipv4(0, 17, new byte[10]);

    assertThat(outbound.seal(packet, 0, 30, sealed, 0)).isPositive();
    assertThat(outbound.seal(packet, 0, 30, sealed, 0))
        .isEqualTo(DropReason.SEQUENCE_EXHAUSTED.code());
    assertThat(outbound.seal(packet, 0, 30, sealed, 0))
        .isEqualTo(DropReason.SEQUENCE_EXHAUSTED.code());
  }

  @Test
  void extra_esp_half_wrap_sequenceCrossesTwoToThe32WithEsnAndEndsAtTwoToThe64() {
    InboundSa inbound = inbound(true, 0xfffffffeL);
    OutboundSa outbound = outbound(true, 0xfffffffeL);
    byte[] packet = ipv4(0, 17, new byte[10]);
    for (int i = 0; i < 5; i++) {
      int length = outbound.seal(packet, 0, 30, sealed, 0);
      assertThat(inbound.open(sealed, 0, length, opened, 0)).isEqualTo(10);
    }
    assertThat(inbound.highestSequence()).isEqualTo(0x1_0000_0003L);

    OutboundSa last = outbound(true, -2L);
    assertThat(last.seal(packet, 0, 30, sealed, 0)).isPositive();
    assertThat(last.seal(packet, 0, 30, sealed, 0)).isEqualTo(DropReason.SEQUENCE_EXHAUSTED.code());
  }

  @Test
  void copyOfAPacketIsAReplay() {
    InboundSa inbound = inbound(true, 0);
    int length = outbound(true, 0).sealDummy(sealed, 0);
    inbound.open(sealed, 0, length, opened, 0);

    assertThat(inbound.open(sealed, 0, length, opened, 0)).isEqualTo(DropReason.ESP_REPLAY.code());
  }

  @Test
  void extra_esp_window_edge_packetFromBeforeTheWindowIsTooOld() {
    InboundSa inbound = inbound(false, 0);
    OutboundSa outbound = outbound(false, 0);
    int early = outbound.sealDummy(sealed, 0);
    byte[] later = new byte[100];
    for (int i = 0; i < Esp.REPLAY_WINDOW; i++) {
      outbound.sealDummy(later, 0);
    }
    inbound.open(later, 0, early, opened, 0);

    assertThat(inbound.open(sealed, 0, early, opened, 0)).isEqualTo(DropReason.ESP_TOO_OLD.code());
  }

  @Test
  void forgedPacketFarAheadDoesNotMoveTheWindow() {
    InboundSa inbound = inbound(false, 0);
    OutboundSa outbound = outbound(false, 0);
    byte[] packet = ipv4(0, 17, new byte[10]);
    int length = outbound.seal(packet, 0, 30, sealed, 0);
    byte[] forged = sealed.clone();
    BigEndian.putInt(forged, 4, 5001);

    assertThat(inbound.open(forged, 0, length, opened, 0))
        .isEqualTo(DropReason.ESP_INTEGRITY.code());
    assertThat(inbound.highestSequence()).isZero();
    assertThat(inbound.open(sealed, 0, length, opened, 0)).isEqualTo(10);
  }

  @Test
  void extra_esp_dummy_movesTheWindowAndIsDropped() {
    InboundSa inbound = inbound(true, 0);
    int length = outbound(true, 0).sealDummy(sealed, 0);

    int code = inbound.open(sealed, 0, length, opened, 0);

    assertThat(code).isEqualTo(DropReason.ESP_DUMMY.code());
    assertThat(InboundSa.isAuthentic(code)).isTrue();
    assertThat(inbound.highestSequence()).isEqualTo(1);
  }

  @Test
  void authenticPacketWithWrongPaddingIsDropped() {
    for (String plain : new String[] {"0909090905050411", "09090102ff11", "010203040411", "0911"}) {
      InboundSa inbound = inbound(false, 0);
      int length = craft(HexFormat.of().parseHex(plain), 1);

      int code = inbound.open(sealed, 0, length, opened, 0);

      boolean good = plain.equals("010203040411");
      assertThat(code).as(plain).isEqualTo(good ? 0 : DropReason.ESP_PADDING.code());
      assertThat(InboundSa.isAuthentic(code)).isTrue();
    }
  }

  @Test
  void extra_esp_sequence_zero_isRefusedBeforeAnyCryptography() {
    int length = craft(HexFormat.of().parseHex("01010111"), 0);

    assertThat(inbound(false, 0).open(sealed, 0, length, opened, 0))
        .isEqualTo(DropReason.ESP_SEQUENCE.code());
    assertThat(inbound(true, 0).open(sealed, 0, length, opened, 0))
        .isEqualTo(DropReason.ESP_SEQUENCE.code());
  }

  @Test
  void extra_esp_spi_unknownOrReservedIsRefused() {
    int length = outbound(true, 0).sealDummy(sealed, 0);
    InboundSa inbound = inbound(true, 0);

    BigEndian.putInt(sealed, 0, SPI + 1);
    assertThat(inbound.open(sealed, 0, length, opened, 0))
        .isEqualTo(DropReason.ESP_UNKNOWN_SPI.code());
    BigEndian.putInt(sealed, 0, 255);
    assertThat(inbound.open(sealed, 0, length, opened, 0))
        .isEqualTo(DropReason.ESP_RESERVED_SPI.code());
    assertThatThrownBy(() -> new OutboundSa(CRYPTO, CIPHER, 255, true, SecretBytes.copyOf(KEYMAT)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new InboundSa(CRYPTO, CIPHER, 0, true, SecretBytes.copyOf(KEYMAT)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void packetThatCannotFitTheOutputIsRefused() {
    int length = outbound(true, 0).sealDummy(sealed, 0);

    assertThat(inbound(true, 0).open(sealed, 0, length, new byte[10], 0))
        .isEqualTo(DropReason.ESP_TOO_LONG.code());
  }

  @Test
  void fragmentsAndMalformedPacketsAreNotSealedAndTakeNoNumber() {
    OutboundSa outbound = outbound(true, 0);
    byte[] first = ipv4(0, 17, new byte[40]);
    first[6] = 0x20;
    byte[] later = ipv4(0, 17, new byte[40]);
    later[7] = 1;
    byte[] ipv6 = ipv4(0, 17, new byte[40]);
    ipv6[0] = 0x60;
    byte[] shortHeader = ipv4(0, 17, new byte[40]);
    shortHeader[0] = 0x44;
    byte[] longHeader = ipv4(0, 17, new byte[8]);
    longHeader[0] = 0x4f;
    byte[] wrongLength = ipv4(0, 17, new byte[40]);
    wrongLength[3]++;

    assertThat(seal(outbound, first)).isEqualTo(DropReason.INNER_FRAGMENT.code());
    assertThat(seal(outbound, later)).isEqualTo(DropReason.INNER_FRAGMENT.code());
    assertThat(seal(outbound, ipv6)).isEqualTo(DropReason.INNER_NOT_IPV4.code());
    assertThat(seal(outbound, shortHeader)).isEqualTo(DropReason.INNER_MALFORMED.code());
    assertThat(seal(outbound, longHeader)).isEqualTo(DropReason.INNER_MALFORMED.code());
    assertThat(seal(outbound, wrongLength)).isEqualTo(DropReason.INNER_MALFORMED.code());
    assertThat(outbound.seal(first, 0, 0, sealed, 0)).isEqualTo(DropReason.INNER_MALFORMED.code());
    assertThat(outbound.sequence()).isZero();
  }

  @Test
  void anyOctetsIntoOpenGiveACodeAndNeverThrow() {
    long seed = 99;
    Random random = new Random(seed);
    InboundSa inbound = inbound(true, 0);
    OutboundSa outbound = outbound(true, 0);
    byte[] packet = ipv4(0, 6, new byte[60]);
    int opens = 0;
    for (int i = 0; i < 100_000; i++) {
      int length;
      if (i % 2 == 0) {
        length = random.nextInt(120);
        for (int j = 0; j < length; j++) {
          sealed[j] = (byte) random.nextInt();
        }
        BigEndian.putInt(sealed, 0, SPI);
      } else {
        length = outbound.seal(packet, 0, 80, sealed, 0);
        sealed[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
        length -= random.nextInt(3) == 0 ? random.nextInt(length) : 0;
      }
      int code = inbound.open(sealed, 0, length, opened, 0);
      opens += code >= 0 ? 1 : 0;
    }
    assertThat(opens).as("seed %s", seed).isZero();
  }

  @Test
  void innerLimitIsTheFormulaOfTheDesign() {
    assertThat(Esp.innerLimit(1500)).isEqualTo(1458);
    assertThat(Esp.innerLimit(1450)).isEqualTo(1406);
    int limit = Esp.innerLimit(1500);
    byte[] largest = ipv4(0, 17, new byte[limit - 20]);
    byte[] larger = ipv4(0, 17, new byte[limit - 19]);

    assertThat(seal(outbound(true, 0), largest) + 28).isEqualTo(1500);
    assertThat(seal(outbound(true, 0), larger) + 28).isGreaterThan(1500);
  }

  private int seal(OutboundSa outbound, byte[] packet) {
    return outbound.seal(packet, 0, packet.length - Esp.TRAILER_ROOM, sealed, 0);
  }

  /** An authentic packet around any plaintext. */
  private int craft(byte[] plain, int sequence) {
    BigEndian.putInt(sealed, 0, SPI);
    BigEndian.putInt(sealed, 4, sequence);
    BigEndian.putLong(sealed, 8, sequence);
    byte[] nonce = Arrays.copyOfRange(KEYMAT, 32, 44);
    System.arraycopy(sealed, 8, nonce, 4, 8);
    return 16
        + CRYPTO
            .aead(CIPHER, SecretBytes.copyOf(KEYMAT, 0, 32))
            .seal(nonce, Arrays.copyOf(sealed, 8), 8, plain, 0, plain.length, sealed, 16);
  }

  private static OutboundSa outbound(boolean esn, long sequence) {
    return new OutboundSa(protection(esn), SPI, esn, sequence);
  }

  private static InboundSa inbound(boolean esn, long top) {
    ReplayWindow window = new ReplayWindow(Esp.REPLAY_WINDOW);
    window.mark(top);
    return new InboundSa(protection(esn), SPI, esn, window);
  }

  private static Protection protection(boolean esn) {
    return new AeadProtection(CRYPTO, CIPHER, SPI, esn, SecretBytes.copyOf(KEYMAT));
  }

  /** A packet with {@code options} octets of options and room for the trailer behind it. */
  private static byte[] ipv4(int options, int protocol, byte[] payload) {
    int header = 20 + options;
    byte[] packet = new byte[header + payload.length + Esp.TRAILER_ROOM];
    packet[0] = (byte) (0x40 | header / 4);
    BigEndian.putShort(packet, 2, header + payload.length);
    packet[8] = 64;
    packet[9] = (byte) protocol;
    System.arraycopy(payload, 0, packet, header, payload.length);
    return packet;
  }

  private static byte[] sequenceOf(int length) {
    byte[] b = new byte[length];
    for (int i = 0; i < length; i++) {
      b[i] = (byte) i;
    }
    return b;
  }
}
