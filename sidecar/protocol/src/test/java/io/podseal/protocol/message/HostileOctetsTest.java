package io.podseal.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.fuzz.Cost;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.wire.ByteWriter;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Any octets are decoded or refused: nothing is thrown and memory stays near the input's size. */
class HostileOctetsTest {
  private static final int INPUTS = 200_000;

  @Test
  void randomAndMutatedMessagesNeverThrowNorAllocateMuch() {
    int understood = 0;
    int decodings = 0;
    for (long seed = 0; seed < INPUTS; seed++) {
      Random random = new Random(seed);
      byte[] input = random.nextInt(4) == 0 ? noise(random) : mutated(random, seed);
      try {
        understood += Cost.check(() -> decode(input)) ? 1 : 0;
        decodings++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + " of " + input.length + " octets", e);
      }
    }
    assertThat(decodings).isEqualTo(INPUTS);
    // Mutations must leave enough intact to reach the inner decoders.
    assertThat(understood).isBetween(INPUTS / 20, INPUTS - INPUTS / 20);
  }

  /** Each structure as small as it may be, as many as there may be, in clear and again inside. */
  @Test
  void theMostExpensiveDatagramsAllocateLessThan64KB() {
    Map<String, RawMessage> expensive =
        Map.of(
            "transforms", new RawMessage().payload(PayloadType.SA, proposals(3, 63, 0)),
            "proposals", new RawMessage().payload(PayloadType.SA, proposals(16, 11, 0)),
            "attributes", new RawMessage().payload(PayloadType.SA, proposals(1, 1, 2000)),
            "selectors", selectors(TrafficSelector.IPV6_RANGE, 64),
            "skipped selectors", selectors(99, 64),
            "deletes", deletes(31, 6),
            "one octet", vendorIds(8000 / 32),
            "both", both());
    expensive.forEach((name, message) -> {
      byte[] datagram = message.toArray();
      assertThat(Cost.check(() -> decode(datagram))).as(name).isTrue();
    });
  }

  @Test
  void oneStructureMoreThanTheAllowanceIsRefusedWhereverItStands() {
    assertThat(decode(deletes(3, 64).toArray())).isTrue();
    assertThat(decode(deletes(3, 64).payload(PayloadType.DELETE, delete(1)).toArray())).isFalse();
    assertThat(decode(selectors(7, 64).payload(PayloadType.DELETE, delete(64)).toArray())).isTrue();
    assertThat(decode(sealed(deletes(2, 64), deletes(1, 64)).toArray())).isTrue();
    assertThat(decode(sealed(deletes(2, 64), deletes(2, 33)).toArray())).isFalse();
  }

  private static RawMessage both() {
    RawMessage clear = new RawMessage().payload(PayloadType.SA, proposals(1, 40, 0));
    return sealed(clear, selectors(TrafficSelector.IPV6_RANGE, 64));
  }

  /** {@code inside} as the content of an Encrypted payload behind {@code clear}. */
  private static RawMessage sealed(RawMessage clear, RawMessage inside) {
    return clear.payload(PayloadType.ENCRYPTED, inside.chain()).lastNext(inside.firstType());
  }

  private static byte[] proposals(int proposals, int transforms, int attributes) {
    int each = 8 + 4 * attributes;
    ByteWriter w = new ByteWriter();
    for (int p = 0; p < proposals; p++) {
      w.u8(p == proposals - 1 ? 0 : 2).u8(0).u16(8 + transforms * each);
      w.u8(p + 1).u8(3).u8(0).u8(transforms);
      for (int t = 0; t < transforms; t++) {
        w.u8(t == transforms - 1 ? 0 : 3).u8(0).u16(each).u8(1).u8(0).u16(20);
        for (int a = 0; a < attributes; a++) {
          w.u16(a % 2 == 0 ? 0x800e : 14).u16(a % 2 == 0 ? 256 : 0);
        }
      }
    }
    return w.toArray();
  }

  private static RawMessage selectors(int type, int count) {
    int length = type == TrafficSelector.IPV6_RANGE ? 40 : type == 7 ? 16 : 8;
    ByteWriter w = new ByteWriter().u8(count).u8(0).u16(0);
    for (int i = 0; i < count; i++) {
      w.u8(type).u8(0).u16(length).bytes(new byte[length - 4]);
    }
    return new RawMessage()
        .payload(PayloadType.TS_INITIATOR, w.toArray())
        .payload(PayloadType.TS_RESPONDER, w.toArray());
  }

  private static RawMessage deletes(int payloads, int spis) {
    RawMessage message = new RawMessage();
    for (int i = 0; i < payloads; i++) {
      message.payload(PayloadType.DELETE, delete(spis));
    }
    return message;
  }

  private static byte[] delete(int spis) {
    return new ByteWriter().u8(3).u8(1).u16(spis).bytes(new byte[spis]).toArray();
  }

  private static RawMessage vendorIds(int octets) {
    RawMessage message = new RawMessage();
    for (int i = 0; i < MessageDecoder.MAX_PAYLOADS; i++) {
      message.payload(PayloadType.VENDOR_ID, new byte[octets]);
    }
    return message;
  }

  /** Whether the outer and, if there is one, the inner part are well formed. */
  private static boolean decode(byte[] input) {
    if (!(MessageDecoder.decode(input) instanceof Decoded.Ok<Datagram> ok)) {
      return false;
    }
    if (ok.value().encrypted().isEmpty()) {
      return true;
    }
    int offset = ok.value().encrypted().get().offset();
    byte[] inner = Arrays.copyOfRange(input, offset, input.length);
    return MessageDecoder.decodeInner(ok.value(), inner) instanceof Decoded.Ok;
  }

  private static byte[] noise(Random random) {
    byte[] input = new byte[random.nextInt(random.nextInt(20) == 0 ? 20_000 : 400)];
    random.nextBytes(input);
    if (input.length > IkeHeader.LENGTH && random.nextBoolean()) {
      input[17] = IkeHeader.VERSION_2_0;
      input[18] = (byte) (34 + random.nextInt(4));
      setLength(input);
    }
    return input;
  }

  private static byte[] mutated(Random random, long seed) {
    Gen gen = new Gen(seed);
    IkeHeader header = gen.header();
    byte[] whole;
    if (random.nextBoolean()) {
      whole = MessageEncoder.clear(header, gen.payloads());
    } else {
      var payloads = gen.payloads();
      byte[] inner = MessageEncoder.inner(payloads);
      int first = MessageEncoder.firstType(payloads);
      byte[] prefix = MessageEncoder.encryptedPrefix(header, first, inner.length);
      whole = new ByteWriter().bytes(prefix).bytes(inner).toArray();
    }
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      switch (random.nextInt(4)) {
        case 0 -> whole[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        case 1 -> whole[random.nextInt(whole.length)] = (byte) random.nextInt(256);
        case 2 -> whole = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
        default -> whole = Arrays.copyOf(whole, whole.length + random.nextInt(40));
      }
      if (random.nextBoolean()) {
        setLength(whole);
      }
    }
    return whole;
  }

  private static void setLength(byte[] message) {
    if (message.length >= IkeHeader.LENGTH) {
      message[24] = 0;
      message[25] = 0;
      message[26] = (byte) (message.length >>> 8);
      message[27] = (byte) message.length;
    }
  }
}
