package io.podseal.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** decode(encode(x)) is x, in clear and inside an Encrypted payload. */
class RoundTripTest {
  private static final int MESSAGES = 5_000;

  @Test
  void aClearMessageComesBackAsItWas() {
    Set<Class<?>> seen = new HashSet<>();
    for (long seed = 0; seed < MESSAGES; seed++) {
      Gen gen = new Gen(seed);
      IkeMessage message = new IkeMessage(gen.header(), gen.payloads());
      byte[] encoded = MessageEncoder.clear(message.header(), message.payloads());
      assertThat(MessageDecoder.decode(encoded))
          .as("seed %d", seed)
          .isInstanceOfSatisfying(
              Decoded.Ok.class,
              ok -> assertThat(((Datagram) ok.value()).clearMessage()).isEqualTo(message));
      message.payloads().forEach(p -> seen.add(p.getClass()));
    }
    assertThat(seen).containsExactlyInAnyOrder(Payload.class.getPermittedSubclasses());
  }

  @Test
  void payloadsInsideAnEncryptedPayloadComeBackAsTheyWere() {
    for (long seed = 0; seed < MESSAGES; seed++) {
      Gen gen = new Gen(seed);
      IkeHeader header = gen.header();
      List<Payload> payloads = gen.payloads();
      byte[] inner = MessageEncoder.inner(payloads);
      int first = MessageEncoder.firstType(payloads);
      byte[] prefix = MessageEncoder.encryptedPrefix(header, first, inner.length);
      byte[] whole = new ByteWriter().bytes(prefix).bytes(inner).toArray();

      Datagram outer = ok(MessageDecoder.decode(whole));
      Datagram.Encrypted encrypted = outer.encrypted().orElseThrow();
      assertThat(encrypted.offset()).isEqualTo(prefix.length);
      assertThat(outer.clear()).isEmpty();
      assertThat(ok(MessageDecoder.decodeInner(outer, inner)))
          .as("seed %d", seed)
          .isEqualTo(new IkeMessage(header, payloads, Bytes.copyOf(inner)));
    }
  }

  @Test
  void theReservedOctetsOfAnIdentificationAreKeptBecauseAuthSignsThem() {
    IdPayload id = new IdPayload(true, IdPayload.ID_FQDN, 0xabcdef, new Gen(1).octets(5, 5));
    assertThat(id.body()).startsWith(0x02, 0xab, 0xcd, 0xef).hasSize(9);
  }

  static <T> T ok(Decoded<T> decoded) {
    return switch (decoded) {
      case Decoded.Ok<T> ok -> ok.value();
      case Decoded.Malformed<T> bad -> throw new AssertionError(bad.reason() + ": " + bad.detail());
    };
  }
}
