package io.podseal.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.ByteWriter;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the decoder refuses, and by which name it is counted. */
class MalformedMessageTest {
  private static final byte[] NONCE = new byte[32];

  private static void assertDropped(RawMessage message, DropReason reason) {
    assertDropped(message.toArray(), reason);
  }

  private static void assertDropped(byte[] message, DropReason reason) {
    assertThat(MessageDecoder.decode(message))
        .isInstanceOfSatisfying(
            Decoded.Malformed.class,
            bad -> assertThat(bad.reason()).as(bad.detail()).isEqualTo(reason));
  }

  private static IkeMessage accepted(RawMessage message) {
    return RoundTripTest.ok(MessageDecoder.decode(message.toArray())).clearMessage();
  }

  @Test
  void aHeaderCutShortIsRefusedAtEveryLength() {
    byte[] whole = new RawMessage().toArray();
    for (int length = 0; length < IkeHeader.LENGTH; length++) {
      assertDropped(Arrays.copyOf(whole, length), DropReason.IKE_HEADER);
    }
    assertThat(accepted(new RawMessage()).payloads()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void extra_payload_length_shorterThanItsOwnHeaderIsRefused(int length) {
    assertDropped(
        new RawMessage().payload(PayloadType.NONCE, false, length, NONCE),
        DropReason.IKE_PAYLOAD_LENGTH);
  }

  @ParameterizedTest
  @ValueSource(ints = {37, 100, 0xffff})
  void extra_payload_length_pastTheEndIsRefused(int length) {
    assertDropped(
        new RawMessage().payload(PayloadType.NONCE, false, length, NONCE),
        DropReason.IKE_PAYLOAD_LENGTH);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, 100, Integer.MIN_VALUE})
  void cve_2013_4564_aLengthThatIsNotTheDatagramsIsRefused(int error) {
    assertDropped(
        new RawMessage().payload(PayloadType.NONCE, NONCE).lengthOffBy(error),
        DropReason.IKE_LENGTH);
  }

  @ParameterizedTest
  @ValueSource(ints = {0x10, 0x00, 0x30, 0xf0})
  void anotherMajorVersionIsRefused(int version) {
    assertDropped(new RawMessage().version(version), DropReason.IKE_VERSION);
  }

  @Test
  void aHigherMinorVersionIsIgnored() {
    assertThat(accepted(new RawMessage().version(0x2f)).payloads()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 33, 38, 255})
  void anUnknownExchangeIsRefused(int exchange) {
    assertDropped(new RawMessage().exchange(exchange), DropReason.IKE_EXCHANGE_TYPE);
  }

  @Test
  void aMessageLongerThanAnyIsRefused() {
    byte[] content = new byte[MessageDecoder.MAX_LENGTH - IkeHeader.LENGTH - 4];
    assertThat(accepted(new RawMessage().payload(PayloadType.VENDOR_ID, content)).payloads())
        .hasSize(1);
    byte[] longer = Arrays.copyOf(content, content.length + 1);
    assertDropped(new RawMessage().payload(PayloadType.VENDOR_ID, longer), DropReason.IKE_LENGTH);
  }

  @Test
  void aZeroInitiatorSpiIsRefused() {
    assertDropped(new RawMessage().spiInitiator(0), DropReason.IKE_HEADER);
  }

  @Test
  void extra_critical_bit_anUnknownPayloadIsNamedIfItIsCritical() {
    RawMessage critical = new RawMessage().payload(200, true, 5, new byte[] {1});
    assertThat(accepted(critical).unknownCritical()).isEqualTo(Optional.of(200));
    RawMessage uncritical = new RawMessage().payload(200, false, 5, new byte[] {1});
    assertThat(accepted(uncritical).unknownCritical()).isEmpty();
  }

  @Test
  void theCriticalBitOfADefinedTypeWeDoNotInterpretIsIgnored() {
    RawMessage message = new RawMessage().payload(PayloadType.CERT, true, 5, new byte[] {1});
    assertThat(accepted(message).unknownCritical()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        PayloadType.SA,
        PayloadType.KE,
        PayloadType.NONCE,
        PayloadType.ID_INITIATOR,
        PayloadType.ID_RESPONDER,
        PayloadType.AUTH,
        PayloadType.TS_INITIATOR,
        PayloadType.TS_RESPONDER
      })
  void extra_duplicate_payload_isRefusedIfItMayStandOnce(int type) {
    byte[] content = content(type);
    assertThat(accepted(new RawMessage().payload(type, content)).payloads()).hasSize(1);
    assertDropped(
        new RawMessage().payload(type, content).payload(type, content),
        DropReason.IKE_PAYLOAD_SYNTAX);
  }

  private static byte[] content(int type) {
    return switch (type) {
      case PayloadType.SA -> proposal(1, 0);
      case PayloadType.TS_INITIATOR, PayloadType.TS_RESPONDER -> selector(7, 16, 1, 2, 1);
      default -> NONCE;
    };
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,1", "0,65535", "2,1", "65535,65534", "1,0"})
  void fragmentNumbersThatCannotBeAreRefused(int number, int total) {
    assertDropped(fragment(new RawMessage(), number, total), DropReason.IKE_FRAGMENT_NUMBER);
  }

  @Test
  void aFragmentNamesItsNumberAndTheContentBeginsAfterIt() {
    byte[] message = fragment(new RawMessage(), 2, 65535).toArray();
    Datagram.Encrypted encrypted =
        RoundTripTest.ok(MessageDecoder.decode(message)).encrypted().orElseThrow();
    assertThat(encrypted.fragment()).contains(new Datagram.Fragment(2, 65535));
    assertThat(encrypted.offset()).isEqualTo(IkeHeader.LENGTH + 8);
  }

  @Test
  void aFragmentTooShortForItsNumbersIsRefused() {
    for (int length = 0; length < 4; length++) {
      assertDropped(
          new RawMessage().payload(PayloadType.ENCRYPTED_FRAGMENT, new byte[length]),
          DropReason.IKE_PAYLOAD_LENGTH);
    }
  }

  @Test
  void payloadsInClearStandBeforeTheFirstFragmentOnlyAndAreBounded() {
    RawMessage first = new RawMessage().payload(200, new byte[3]);
    assertThat(RoundTripTest.ok(MessageDecoder.decode(fragment(first, 1, 2).toArray())).clear())
        .hasSize(1);
    RawMessage second = new RawMessage().payload(200, new byte[3]);
    assertDropped(fragment(second, 2, 2), DropReason.IKE_FRAGMENT_NUMBER);
    RawMessage many = new RawMessage();
    for (int i = 0; i <= MessageDecoder.MAX_PAYLOADS; i++) {
      many.payload(200, new byte[3]);
    }
    assertDropped(fragment(many, 1, 2), DropReason.IKE_TOO_MANY_PAYLOADS);
  }

  private static RawMessage fragment(RawMessage message, int number, int total) {
    byte[] content = new ByteWriter().u16(number).u16(total).bytes(new byte[40]).toArray();
    return message.payload(PayloadType.ENCRYPTED_FRAGMENT, content);
  }

  @Test
  void aFragmentInsideAnEncryptedPayloadIsRefused() {
    byte[] inner = fragment(new RawMessage(), 1, 1).chain();
    byte[] prefix =
        MessageEncoder.encryptedPrefix(
            new Gen(1).header(), PayloadType.ENCRYPTED_FRAGMENT, inner.length);
    byte[] whole = new ByteWriter().bytes(prefix).bytes(inner).toArray();
    Datagram outer = RoundTripTest.ok(MessageDecoder.decode(whole));
    assertThat(MessageDecoder.decodeInner(outer, inner))
        .isInstanceOfSatisfying(
            Decoded.Malformed.class,
            bad -> assertThat(bad.reason()).isEqualTo(DropReason.IKE_PAYLOAD_SYNTAX));
  }

  @Test
  void extra_nested_sk_isRefused() {
    RawMessage inner = new RawMessage().payload(PayloadType.ENCRYPTED, new byte[40]);
    byte[] prefix =
        MessageEncoder.encryptedPrefix(
            new Gen(1).header(), PayloadType.ENCRYPTED, inner.chain().length);
    byte[] whole = new ByteWriter().bytes(prefix).bytes(inner.chain()).toArray();
    Datagram outer = RoundTripTest.ok(MessageDecoder.decode(whole));
    assertThat(MessageDecoder.decodeInner(outer, inner.chain()))
        .isInstanceOfSatisfying(
            Decoded.Malformed.class,
            bad -> assertThat(bad.reason()).isEqualTo(DropReason.IKE_PAYLOAD_SYNTAX));
  }

  @Test
  void aSingularPayloadInClearAndAgainInsideIsRefused() {
    RawMessage inner = new RawMessage().payload(PayloadType.NONCE, NONCE);
    byte[] message =
        new RawMessage()
            .payload(PayloadType.NONCE, NONCE)
            .payload(PayloadType.ENCRYPTED, inner.chain())
            .toArray();
    message[IkeHeader.LENGTH + 4 + NONCE.length] = PayloadType.NONCE;
    Datagram outer = RoundTripTest.ok(MessageDecoder.decode(message));
    assertThat(MessageDecoder.decodeInner(outer, inner.chain()))
        .isInstanceOf(Decoded.Malformed.class);
  }

  @Test
  void anythingAfterAnEncryptedPayloadIsRefused() {
    assertDropped(
        new RawMessage()
            .payload(PayloadType.ENCRYPTED, new byte[40])
            .payload(PayloadType.NONCE, NONCE),
        DropReason.IKE_PAYLOAD_LENGTH);
  }

  @Test
  void octetsAfterTheLastPayloadAreRefused() {
    assertDropped(
        new RawMessage().payload(PayloadType.NONCE, NONCE).trailer((byte) 0),
        DropReason.IKE_PAYLOAD_LENGTH);
    assertDropped(new RawMessage().trailer((byte) 0), DropReason.IKE_PAYLOAD_LENGTH);
  }

  @Test
  void cve_2026_12413_morePayloadsThanAnyExchangeHasAreRefused() {
    RawMessage most = new RawMessage();
    for (int i = 0; i < MessageDecoder.MAX_PAYLOADS; i++) {
      most.payload(PayloadType.VENDOR_ID);
    }
    assertThat(accepted(most).payloads()).hasSize(MessageDecoder.MAX_PAYLOADS);
    assertDropped(most.payload(PayloadType.VENDOR_ID), DropReason.IKE_TOO_MANY_PAYLOADS);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15, 257, 1000})
  void extra_nonce_length_outsideOf16To256IsRefused(int length) {
    assertDropped(
        new RawMessage().payload(PayloadType.NONCE, new byte[length]),
        DropReason.IKE_PAYLOAD_SYNTAX);
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 256})
  void aNonceOfTheShortestOrLongestLengthIsAccepted(int length) {
    assertThat(
            accepted(new RawMessage().payload(PayloadType.NONCE, new byte[length]))
                .nonce()
                .orElseThrow()
                .length())
        .isEqualTo(length);
  }

  @Test
  void extra_sa_255_proposalsAreRefused() {
    ByteWriter w = new ByteWriter();
    for (int i = 0; i < 255; i++) {
      w.u8(i == 254 ? 0 : 2).u8(0).u16(8).u8(i).u8(1).u8(0).u8(0);
    }
    assertDropped(
        new RawMessage().payload(PayloadType.SA, w.toArray()), DropReason.IKE_PAYLOAD_SYNTAX);
  }

  @Test
  void extra_sa_255_transformsAreRefused() {
    assertThat(accepted(new RawMessage().payload(PayloadType.SA, proposal(1, 64))).payloads())
        .hasSize(1);
    assertDropped(
        new RawMessage().payload(PayloadType.SA, proposal(1, 65)), DropReason.IKE_PAYLOAD_SYNTAX);
    assertDropped(
        new RawMessage().payload(PayloadType.SA, proposal(1, 255)), DropReason.IKE_PAYLOAD_SYNTAX);
  }

  /** One proposal without SPI and with {@code count} ENCR transforms. */
  private static byte[] proposal(int number, int count) {
    ByteWriter w = new ByteWriter().u8(0).u8(0).u16(8 + 8 * count);
    w.u8(number).u8(1).u8(0).u8(count);
    for (int i = 0; i < count; i++) {
      w.u8(i == count - 1 ? 0 : 3).u8(0).u16(8).u8(1).u8(0).u16(i);
    }
    return w.toArray();
  }

  @Test
  void anSaPayloadWhoseCountsAndMarksContradictIsRefused() {
    byte[] good = proposal(1, 2);
    for (int[] change :
        new int[][] {
          {0, 2}, {0, 1}, {3, 7}, {3, 25}, {6, 9}, {7, 1}, {7, 3}, {8, 0}, {8, 2}, {11, 7}, {11, 9},
          {16, 3}
        }) {
      byte[] bad = good.clone();
      bad[change[0]] = (byte) change[1];
      assertThat(MessageDecoder.decode(new RawMessage().payload(PayloadType.SA, bad).toArray()))
          .as("octet %d set to %d", change[0], change[1])
          .isInstanceOf(Decoded.Malformed.class);
    }
    assertDropped(new RawMessage().payload(PayloadType.SA), DropReason.IKE_PAYLOAD_LENGTH);
  }

  @Test
  void extra_ts_range_whoseStartIsAfterItsEndIsRefused() {
    assertDropped(
        new RawMessage().payload(PayloadType.TS_INITIATOR, selector(7, 16, 2, 1, 1)),
        DropReason.IKE_PAYLOAD_SYNTAX);
  }

  @Test
  void cve_2023_23009_aSelectorCountThatIsWrongIsRefused() {
    assertDropped(
        new RawMessage().payload(PayloadType.TS_INITIATOR, selector(7, 16, 1, 2, 2)),
        DropReason.IKE_PAYLOAD_LENGTH);
    assertDropped(
        new RawMessage().payload(PayloadType.TS_INITIATOR, selector(7, 16, 1, 2, 0)),
        DropReason.IKE_PAYLOAD_SYNTAX);
    byte[] two = new ByteWriter().bytes(selector(7, 16, 1, 2, 1)).bytes(new byte[4]).toArray();
    assertDropped(
        new RawMessage().payload(PayloadType.TS_INITIATOR, two), DropReason.IKE_PAYLOAD_SYNTAX);
  }

  @Test
  void extra_ts_range_ofTheOtherFamilyIsRefused() {
    assertThat(
            MessageDecoder.decode(
                new RawMessage()
                    .payload(PayloadType.TS_INITIATOR, selector(8, 16, 1, 2, 1))
                    .toArray()))
        .isInstanceOf(Decoded.Malformed.class);
    assertThat(
            MessageDecoder.decode(
                new RawMessage()
                    .payload(PayloadType.TS_INITIATOR, selector(7, 40, 1, 2, 1))
                    .toArray()))
        .isInstanceOf(Decoded.Malformed.class);
    assertThat(
            MessageDecoder.decode(
                new RawMessage()
                    .payload(PayloadType.TS_INITIATOR, selector(7, 7, 1, 2, 1))
                    .toArray()))
        .isInstanceOf(Decoded.Malformed.class);
  }

  @Test
  void aSelectorOfAnUnknownTypeIsSkipped() {
    IkeMessage message =
        accepted(new RawMessage().payload(PayloadType.TS_INITIATOR, selector(9, 16, 2, 1, 1)));
    assertThat(message.ts(true).orElseThrow().selectors()).isEmpty();
  }

  /** One selector, all ports, from 10.0.0.start to 10.0.0.end, in a payload that counts some. */
  private static byte[] selector(int type, int length, int start, int end, int count) {
    ByteWriter w = new ByteWriter().u8(count).u8(0).u16(0);
    w.u8(type).u8(0).u16(length).u16(0).u16(0xffff);
    int addressLength = (Math.max(length, 16) - 8) / 2;
    byte[] prefix = new byte[addressLength - 1];
    prefix[0] = 10;
    return w.bytes(prefix).u8(start).bytes(prefix).u8(end).toArray();
  }

  @Test
  void extra_delete_65535_spisAreRefused() {
    assertDropped(
        new RawMessage().payload(PayloadType.DELETE, delete(4, 0xffff, 16)),
        DropReason.IKE_PAYLOAD_SYNTAX);
    assertDropped(
        new RawMessage().payload(PayloadType.DELETE, delete(0, 0xffff, 0)),
        DropReason.IKE_PAYLOAD_SYNTAX);
    assertDropped(
        new RawMessage().payload(PayloadType.DELETE, delete(4, 65, 260)),
        DropReason.IKE_PAYLOAD_SYNTAX);
    assertDropped(
        new RawMessage().payload(PayloadType.DELETE, delete(4, 1, 5)),
        DropReason.IKE_PAYLOAD_SYNTAX);
    assertThat(
            accepted(new RawMessage().payload(PayloadType.DELETE, delete(4, 64, 256))).payloads())
        .hasSize(1);
  }

  private static byte[] delete(int spiSize, int count, int octets) {
    return new ByteWriter().u8(3).u8(spiSize).u16(count).bytes(new byte[octets]).toArray();
  }

  @Test
  void aNotifyWhoseSpiIsLongerThanItselfIsRefused() {
    assertDropped(
        new RawMessage().payload(PayloadType.NOTIFY, (byte) 3, (byte) 5, (byte) 0, (byte) 1),
        DropReason.IKE_PAYLOAD_LENGTH);
  }
}
