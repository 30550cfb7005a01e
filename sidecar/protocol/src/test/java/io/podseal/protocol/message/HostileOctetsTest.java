package io.podseal.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.podseal.protocol.wire.ByteWriter;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Any octets are decoded or refused: nothing is thrown and memory stays near the input's size. */
class HostileOctetsTest {
  private static final int INPUTS = 200_000;

  /** A transform of 8 octets becomes a handful of small objects; nothing grows more than it. */
  private static final int ALLOCATION_FACTOR = 40;

  private static final int ALLOCATION_BASE = 20_000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void randomAndMutatedMessagesNeverThrowNorAllocateMuch() {
    decode(new Gen(0).octets(100, 100).toArray());
    int understood = 0;
    int decodings = 0;
    for (long seed = 0; seed < INPUTS; seed++) {
      Random random = new Random(seed);
      byte[] input = random.nextInt(4) == 0 ? noise(random) : mutated(random, seed);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      try {
        understood += decode(input) ? 1 : 0;
        decodings++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + " is not only refused", e);
      }
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      if (seed > 1_000) {
        assertThat(allocated)
            .as("octets allocated for seed %d of %d octets", seed, input.length)
            .isLessThan(ALLOCATION_BASE + (long) ALLOCATION_FACTOR * input.length);
      }
    }
    assertThat(decodings).isEqualTo(INPUTS);
    // Mutations must leave enough intact to reach the inner decoders.
    assertThat(understood).isBetween(INPUTS / 20, INPUTS - INPUTS / 20);
  }

  @Test
  void theMostExpensiveDatagramCostsAFewMegabytesAtMost() {
    ByteWriter content = new ByteWriter();
    for (int proposal = 0; proposal < 16; proposal++) {
      content.u8(proposal == 15 ? 0 : 2).u8(0).u16(8 + 64 * 12);
      content.u8(proposal + 1).u8(3).u8(0).u8(64);
      for (int t = 0; t < 64; t++) {
        content.u8(t == 63 ? 0 : 3).u8(0).u16(12).u8(1).u8(0).u16(20).u16(0x800e).u16(256);
      }
    }
    byte[] datagram = new RawMessage().payload(PayloadType.SA, content.toArray()).toArray();
    decode(datagram);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    assertThat(decode(datagram)).isTrue();
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .isLessThan((long) ALLOCATION_FACTOR * datagram.length);
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
