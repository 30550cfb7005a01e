package io.podseal.protocol.esp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.esp.replay.ReplayWindow;
import io.podseal.protocol.policy.AhSuite;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.ChildSuite;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ESP in every suite that a peer may ask for, whole packets of tunnel mode inside; run once for
 * each {@link CryptoProvider}.
 */
public abstract class EspSuitesContract {
  private static final int SPI = 0xc0000001;
  private static final int IPV4 = 4;

  /** RFC 7634 Appendix A: SPI, sequence number, IV, ciphertext, ICV. */
  protected static final byte[] PACKET_OF_RFC_7634 =
      HexFormat.of()
          .parseHex(
              "0102030400000005101112131415161724039428b97f417e3c13753a4f05087b67c352e6a7fab1b9"
                  + "82d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638"
                  + "e8f3cbec163fac469b502773f6fb94e664da9165b82829f641e076aaa8266b7fb0f7b11b3699"
                  + "07e1ad43");

  /** Checks the others, and they check it. */
  private final CryptoProvider jdk = new JdkCryptoProvider();

  private final byte[] sealed = new byte[70_000];
  private final byte[] opened = new byte[70_000];

  protected abstract CryptoProvider provider();

  static List<EspSuite> suites() {
    List<EspSuite> suites = new ArrayList<>();
    for (boolean esn : new boolean[] {true, false}) {
      for (EncryptionAlgorithm cipher : EncryptionAlgorithm.values()) {
        if (cipher.isAead()) {
          suites.add(EspSuite.aead(cipher, esn));
        } else {
          Arrays.stream(IntegrityAlgorithm.values())
              .forEach(i -> suites.add(suite(cipher, i, esn)));
        }
      }
    }
    return suites;
  }

  @ParameterizedTest
  @MethodSource("suites")
  void packetsOfEveryLengthCrossATunnel(EspSuite suite) {
    ChildSaKeys keys = keys(suite);
    Random random = new Random(3);
    OutboundSa outbound = OutboundSa.of(provider(), random::nextBytes, keys);
    InboundSa inbound = InboundSa.of(provider(), keys);
    for (int length = 20; length < 200; length++) {
      byte[] packet = new byte[length + Esp.TRAILER_ROOM];
      random.nextBytes(packet);

      int octets = outbound.sealPayload(IPV4, packet, 0, length, sealed, 5);

      assertThat(octets).isBetween(length + 20, length + outbound.maxOverhead());
      assertThat(inbound.open(sealed, 5, octets, opened, 30)).isEqualTo(length);
      assertThat(inbound.nextHeader()).isEqualTo(IPV4);
      assertThat(Arrays.copyOfRange(opened, 30, 30 + length))
          .isEqualTo(Arrays.copyOf(packet, length));
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void packetsAreOctetForOctetThoseOfTheJdkAndOpenAtIt(EspSuite suite) {
    ChildSaKeys keys = keys(suite);
    OutboundSa ours = OutboundSa.of(provider(), new Random(5)::nextBytes, keys);
    OutboundSa theirs = OutboundSa.of(jdk, new Random(5)::nextBytes, keys);
    InboundSa inboundOurs = InboundSa.of(provider(), keys);
    InboundSa inboundTheirs = InboundSa.of(jdk, keys);
    byte[] sealedByJdk = new byte[200];
    for (int length = 20; length < 120; length++) {
      byte[] packet = new byte[length + Esp.TRAILER_ROOM];
      new Random(length).nextBytes(packet);

      int octets = ours.sealPayload(IPV4, packet.clone(), 0, length, sealed, 0);

      assertThat(theirs.sealPayload(IPV4, packet.clone(), 0, length, sealedByJdk, 0))
          .isEqualTo(octets);
      assertThat(Arrays.copyOf(sealed, octets)).isEqualTo(Arrays.copyOf(sealedByJdk, octets));
      for (InboundSa inbound : List.of(inboundOurs, inboundTheirs)) {
        assertThat(inbound.open(sealed, 0, octets, opened, 0)).isEqualTo(length);
        assertThat(Arrays.copyOf(opened, length)).isEqualTo(Arrays.copyOf(packet, length));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void noOctetOfAPacketCanBeChangedOrCutOff(EspSuite suite) {
    ChildSaKeys keys = keys(suite);
    int length =
        OutboundSa.of(provider(), new Random(3)::nextBytes, keys)
            .sealPayload(IPV4, new byte[60 + Esp.TRAILER_ROOM], 0, 60, sealed, 0);
    InboundSa inbound = InboundSa.of(provider(), keys);
    for (int i = 4; i < length; i++) {
      byte[] forged = sealed.clone();
      forged[i] ^= 0x40;
      assertThat(inbound.open(forged, 0, length, opened, 0))
          .as("octet %s", i)
          .isEqualTo(DropReason.ESP_INTEGRITY.code());
    }
    for (int cut = 1; cut < length; cut++) {
      assertThat(inbound.open(sealed, 0, length - cut, opened, 0)).as("-%s", cut).isNegative();
    }
    assertThat(inbound.highestSequence()).isZero();
    assertThat(inbound.open(sealed, 0, length, opened, 0)).isEqualTo(60);
  }

  /** RFC 7634 Appendix A. */
  @Test
  void chaCha20Poly1305IsThatOfTheRfc() {
    byte[] key =
        HexFormat.of()
            .parseHex(
                "808182838485868788898a8b8c8d8e8f" + "909192939495969798999a9b9c9d9e9fa0a1a2a3");
    byte[] packet = PACKET_OF_RFC_7634.clone();
    EspSuite suite = EspSuite.aead(EncryptionAlgorithm.CHACHA20_POLY1305, false);

    InboundSa inbound = InboundSa.of(provider(), keys(suite, 0x01020304, key));
    int length = inbound.open(packet, 0, packet.length, opened, 0);

    assertThat(length).isEqualTo(0x54);
    assertThat(inbound.nextHeader()).isEqualTo(IPV4);
    assertThat(HexFormat.of().formatHex(opened, 0, length))
        .startsWith("45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec1000073627")
        .endsWith("2c2d2e2f3031323334353637");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aesCbcWithHmacIsThatOfTheVector(boolean esn) {
    String expected =
        "c000000100000007f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff44ec52bbbd8f00da8bae10b6ab521d5adc6edf08"
            + "a251daa5e68f1339e8dc5b78"
            + (esn ? "4f864d5c9a1477cf61b7967d4f89a3bc" : "40687ea2395b107d1a73f30e11086c39");
    byte[] keymat = new byte[64];
    for (int i = 0; i < keymat.length; i++) {
      keymat[i] = (byte) i;
    }
    byte[] payload = new byte[16 + Esp.TRAILER_ROOM];
    System.arraycopy(
        HexFormat.of().parseHex("0035d431001000000102030405060708"), 0, payload, 0, 16);
    long before = esn ? 0x1_0000_0006L : 6;
    RandomSource fixedIv =
        octets -> {
          for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) (0xf0 + i);
          }
        };

    OutboundSa outbound = new OutboundSa(cbc(esn, keymat, fixedIv), SPI, esn, before);
    int length = outbound.sealPayload(17, payload, 0, 16, sealed, 0);

    assertThat(HexFormat.of().formatHex(sealed, 0, length)).isEqualTo(expected);
    ReplayWindow window = new ReplayWindow(Esp.REPLAY_WINDOW);
    window.mark(before);
    InboundSa inbound = new InboundSa(cbc(esn, keymat, fixedIv), SPI, esn, window);
    assertThat(inbound.open(sealed, 0, length, opened, 0)).isEqualTo(16);
    assertThat(inbound.nextHeader()).isEqualTo(17);
  }

  @Test
  void everyPacketInCbcHasAnIvOfItsOwn() {
    ChildSaKeys keys =
        keys(suite(EncryptionAlgorithm.AES_CBC_128, IntegrityAlgorithm.HMAC_SHA2_256_128, false));
    OutboundSa outbound = OutboundSa.of(provider(), new Random(3)::nextBytes, keys);

    outbound.sealDummy(sealed, 0);
    String first = HexFormat.of().formatHex(sealed, 8, 24);
    outbound.sealDummy(sealed, 0);

    assertThat(HexFormat.of().formatHex(sealed, 8, 24)).isNotEqualTo(first);
  }

  /** The last sixteen numbers of 32 bits, in any order, once each: nothing overflows. */
  @ParameterizedTest
  @MethodSource("suites")
  void withoutEsnTheLastNumbersAreGoodOnceAndThenItEnds(EspSuite suite) {
    if (suite.esn()) {
      return;
    }
    ChildSaKeys keys = keys(suite);
    Random random = new Random(3);
    OutboundSa outbound =
        new OutboundSa(
            Protection.of(provider(), random::nextBytes, keys, SPI, keys.outbound()),
            SPI,
            false,
            0xffffffefL);
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      int length = outbound.sealPayload(IPV4, new byte[40], 0, 20, sealed, 0);
      packets.add(Arrays.copyOf(sealed, length));
    }
    assertThat(outbound.sealPayload(IPV4, new byte[40], 0, 20, sealed, 0))
        .isEqualTo(DropReason.SEQUENCE_EXHAUSTED.code());
    assertThat(outbound.sequence()).isEqualTo(0xffffffffL);

    Collections.shuffle(packets, random);
    InboundSa inbound = InboundSa.of(provider(), keys);
    for (byte[] packet : packets) {
      assertThat(inbound.open(packet, 0, packet.length, opened, 0)).isEqualTo(20);
    }
    for (byte[] packet : packets) {
      assertThat(inbound.open(packet, 0, packet.length, opened, 0))
          .isEqualTo(DropReason.ESP_REPLAY.code());
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void longestPayloadFitsTheLinkAndOneMoreDoesNot(EspSuite suite) {
    OutboundSa outbound = OutboundSa.of(provider(), new Random(3)::nextBytes, keys(suite));
    int longest = outbound.longestPayload(1500);
    byte[] payload = new byte[2000];

    assertThat(outbound.sealPayload(IPV4, payload, 0, longest, sealed, 0) + 28)
        .isLessThanOrEqualTo(1500);
    assertThat(outbound.sealPayload(IPV4, payload, 0, longest + 1, sealed, 0) + 28)
        .isGreaterThan(1500);
    assertThat(suite.encryption().isAead() ? longest : 0)
        .isEqualTo(suite.encryption().isAead() ? Esp.innerLimit(1500) - 20 : 0);
  }

  @Test
  void ahIsNoSuiteOfEsp() {
    AhSuite ah =
        new AhSuite(IntegrityAlgorithm.HMAC_SHA2_256_128, false, Optional.empty(), List.of());

    assertThatThrownBy(() -> InboundSa.of(provider(), keys(ah)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("AH");
  }

  private CbcProtection cbc(boolean esn, byte[] keymat, RandomSource random) {
    return new CbcProtection(
        provider(),
        random,
        EncryptionAlgorithm.AES_CBC_256,
        IntegrityAlgorithm.HMAC_SHA2_256_128,
        esn,
        SecretBytes.copyOf(keymat));
  }

  private static EspSuite suite(EncryptionAlgorithm cipher, IntegrityAlgorithm mac, boolean esn) {
    return new EspSuite(cipher, Optional.of(mac), esn, Optional.empty(), List.of());
  }

  private static ChildSaKeys keys(ChildSuite suite) {
    byte[] keymat = new byte[suite.keymatLength()];
    new Random(11).nextBytes(keymat);
    return keys(suite, SPI, keymat);
  }

  private static ChildSaKeys keys(ChildSuite suite, int spi, byte[] keymat) {
    return new ChildSaKeys(spi, spi, suite, SecretBytes.copyOf(keymat), SecretBytes.copyOf(keymat));
  }
}
