package io.podseal.protocol.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * RFC 7383 without a network: what is split comes together again, and what does not fit does not.
 */
class ReassemblyTest {
  private static final IkeHeader HEADER =
      new IkeHeader(Ends.SPI_I, Ends.SPI_R, ExchangeType.IKE_AUTH, true, false, 1);
  private static final InetAddress IPV4 = InetAddress.ofLiteral("10.0.0.1");
  private static final InetAddress IPV6 = InetAddress.ofLiteral("fd00::1");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Ends ends = Ends.gcm();
  private final IkeKeys keys = ends.keys();
  private final SkCipher initiator = ends.initiator();
  private final SkCipher responder = ends.responder();
  private final Reassembly reassembly = new Reassembly();

  private static List<Payload> payloads(Bytes content) {
    return List.of(new OpaquePayload(200, false, content));
  }

  private static FragmentSizes sizes(int datagram) {
    FragmentSizes sizes = new FragmentSizes(datagram, IPV4);
    sizes.negotiated(true);
    return sizes;
  }

  private Incoming open(byte[] datagram) {
    return open(datagram, NOW);
  }

  private Incoming open(byte[] datagram, Instant now) {
    return reassembly.open(Forge.value(MessageDecoder.decode(datagram)), responder, now);
  }

  private void assertRefused(byte[] datagram, DropReason reason) {
    assertThat(open(datagram)).isEqualTo(new Incoming.Refused(reason));
  }

  private byte[] fragment(int number, int total, int length) {
    return Forge.sealFragment(keys, HEADER, 200, number, total, new byte[length]);
  }

  @Test
  void anySplitInAnyOrderWithAnyRepetitionComesTogetherOnce() {
    comesTogetherOnce(Ends.gcm());
  }

  @Test
  void soItDoesUnderACipherThatPads() {
    comesTogetherOnce(Ends.cbc());
  }

  private void comesTogetherOnce(Ends ends) {
    int split = 0;
    for (long seed = 0; seed < 1_500; seed++) {
      Random random = new Random(seed);
      Bytes content = new Gen(seed).octets(0, 6_000);
      int size = 256 + random.nextInt(1_100);
      Outgoing message = Outgoing.protect(ends.initiator(), HEADER, payloads(content), sizes(size));
      List<byte[]> datagrams = new ArrayList<>(message.datagrams());
      assertThat(datagrams).as("seed %d", seed).allMatch(d -> d.length <= size - 32);
      for (int i = random.nextInt(4); i > 0; i--) {
        datagrams.add(datagrams.get(random.nextInt(datagrams.size())));
      }
      Collections.shuffle(datagrams, random);
      int complete = 0;
      for (byte[] datagram : datagrams) {
        Datagram received = Forge.value(MessageDecoder.decode(datagram));
        if (reassembly.open(received, ends.responder(), NOW) instanceof Incoming.Complete c) {
          complete++;
          assertThat(c.inner())
              .as("seed %d", seed)
              .isEqualTo(MessageEncoder.inner(payloads(content)));
          assertThat(c.outer().encrypted().orElseThrow().firstInner()).isEqualTo(200);
        }
        if (complete == 1) {
          break;
        }
      }
      assertThat(complete).as("seed %d", seed).isEqualTo(1);
      if (message.datagrams().size() > 1) {
        // No room is left unused: one octet more would make the last block too many.
        assertThat(message.datagrams().getFirst().length).isGreaterThan(size - 32 - 16);
      }
      assertThat(reassembly.deadline()).isEmpty();
      split += message.datagrams().size() > 1 ? 1 : 0;
    }
    assertThat(split).isBetween(1_000, 1_499);
  }

  @Test
  void aMessageCutAgainAndAgainIsPutTogetherFromItsLastSetOnly() {
    for (long seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      Bytes content = new Gen(seed).octets(900, 4_000);
      Outgoing message = Outgoing.protect(initiator, HEADER, payloads(content), sizes(1_400));
      List<byte[]> older = message.datagrams();
      if (older.size() > 1) {
        open(older.get(random.nextInt(older.size())));
      }
      assertThat(message.cut(576 - 32)).isTrue();
      List<byte[]> newer = new ArrayList<>(message.datagrams());
      assertThat(newer.size()).isGreaterThan(older.size());
      Collections.shuffle(newer, random);
      assertThat(open(newer.removeFirst())).isInstanceOf(Incoming.Partial.class);
      if (older.size() > 1) {
        assertRefused(older.getFirst(), DropReason.IKE_FRAGMENT_OUTDATED);
      }
      Incoming last = new Incoming.Partial();
      for (byte[] datagram : newer) {
        last = open(datagram);
      }
      assertThat(last)
          .isInstanceOfSatisfying(
              Incoming.Complete.class,
              c -> assertThat(c.inner()).isEqualTo(MessageEncoder.inner(payloads(content))));
    }
  }

  @Test
  void theTotalGrowsEvenWhereTheSizeAloneWouldNotMakeItGrow() {
    Outgoing message =
        Outgoing.protect(
            initiator, HEADER, payloads(new Gen(1).octets(1_000, 1_000)), sizes(1_000));
    assertThat(message.datagrams()).hasSize(2);
    assertThat(message.cut(960)).isTrue();
    assertThat(message.datagrams()).hasSize(3);
    assertThat(message.cut(960)).isFalse();
    message.forget();
    assertThat(message.cut(100)).isFalse();
    assertThat(message.datagrams()).hasSize(3);
  }

  @Test
  void aMessageIsSplitOnlyIfBothEndsAgreedAndItDoesNotFit() {
    List<Payload> large = payloads(new Gen(1).octets(1_300, 1_300));
    FragmentSizes silent = new FragmentSizes(1280, IPV4);
    assertThat(Outgoing.protect(initiator, HEADER, large, silent).datagrams()).hasSize(1);
    Outgoing split = Outgoing.protect(initiator, HEADER, large, sizes(1280));
    assertThat(split.datagrams()).hasSize(2);
    assertThat(split.datagrams().getFirst()).hasSize(1280 - 32);
    // 28 header, 4 + 4 generic headers, 8 IV, 1 pad length, 16 ICV.
    int fits = 1280 - 32 - 61;
    assertThat(
            Outgoing.protect(
                    initiator, HEADER, payloads(new Gen(1).octets(fits, fits)), sizes(1280))
                .datagrams())
        .hasSize(1);
    assertThat(
            Outgoing.protect(
                    initiator, HEADER, payloads(new Gen(1).octets(fits + 1, fits + 1)), sizes(1280))
                .datagrams())
        .hasSize(2);
    FragmentSizes six = new FragmentSizes(1280, IPV6);
    assertThat(six.current()).isEqualTo(1280 - 40 - 8 - 4);
  }

  @Test
  void anAuthenticTotalBeyondTheLimitIsNotCollected() {
    assertThat(open(fragment(1, Limits.FRAGMENTS, 10))).isInstanceOf(Incoming.Partial.class);
    assertThat(open(fragment(2, Limits.FRAGMENTS + 1, 10))).isInstanceOf(Incoming.TooLong.class);
    assertThat(open(fragment(65_535, 65_535, 10))).isInstanceOf(Incoming.TooLong.class);
    assertThat(reassembly.deadline()).isEmpty();
  }

  @Test
  void octetsBeyondTheLimitAreNotCollected() {
    int each = Limits.REASSEMBLY_OCTETS / 8;
    for (int number = 1; number < 8; number++) {
      assertThat(open(fragment(number, 9, each))).isInstanceOf(Incoming.Partial.class);
    }
    assertThat(open(fragment(8, 9, each))).isInstanceOf(Incoming.TooLong.class);
    assertThat(reassembly.deadline()).isEmpty();
  }

  @Test
  void aForgedFragmentIsNeitherKeptNorDoesItDisturb() {
    byte[] first = fragment(1, 2, 10);
    assertThat(open(first)).isInstanceOf(Incoming.Partial.class);
    byte[] forged = fragment(2, 2, 10);
    forged[forged.length - 1] ^= 1;
    assertRefused(forged, DropReason.IKE_INTEGRITY);
    // Fragment 1 of 2 made 2 of 3: the numbers are authenticated.
    byte[] renumbered = first.clone();
    renumbered[33] = 2;
    renumbered[35] = 3;
    assertRefused(renumbered, DropReason.IKE_INTEGRITY);
    byte[] hugeTotal = first.clone();
    hugeTotal[34] = (byte) 0xff;
    hugeTotal[35] = (byte) 0xff;
    assertRefused(hugeTotal, DropReason.IKE_INTEGRITY);
    assertThat(open(fragment(2, 2, 10))).isInstanceOf(Incoming.Complete.class);
  }

  @Test
  void everyBitOfAFragmentIsAuthenticated() {
    byte[] message = fragment(2, 3, 10);
    int judged = 0;
    for (int bit = 0; bit < message.length * 8; bit++) {
      byte[] changed = message.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      if (MessageDecoder.decode(changed) instanceof Decoded.Ok<Datagram> ok
          && ok.value().encrypted().isPresent()) {
        assertThat(responder.open(ok.value())).as("bit %d", bit).isEmpty();
        judged++;
      }
    }
    assertThat(judged).isGreaterThan(message.length * 4);
  }

  @Test
  void aFragmentOfAnotherExchangeIsNotMixedIn() {
    assertThat(open(fragment(1, 2, 10))).isInstanceOf(Incoming.Partial.class);
    IkeHeader other =
        new IkeHeader(Ends.SPI_I, Ends.SPI_R, ExchangeType.INFORMATIONAL, true, false, 1);
    assertRefused(
        Forge.sealFragment(keys, other, 0, 2, 2, new byte[3]), DropReason.IKE_FRAGMENT_NUMBER);
  }

  @Test
  void theFirstFragmentNamesTheFirstPayloadWhereverItArrives() {
    byte[] last = Forge.sealFragment(keys, HEADER, 0, 2, 2, new byte[] {1});
    byte[] first = Forge.sealFragment(keys, HEADER, 41, 1, 2, new byte[] {2});
    assertThat(open(last)).isInstanceOf(Incoming.Partial.class);
    assertThat(open(first))
        .isInstanceOfSatisfying(
            Incoming.Complete.class,
            c -> {
              assertThat(c.outer().encrypted().orElseThrow().firstInner()).isEqualTo(41);
              assertThat(c.inner()).containsExactly(2, 1);
              assertThat(c.fragments()).isEqualTo(2);
            });
  }

  @Test
  void aWholeMessageEndsTheCollectionOfItsFragments() {
    assertThat(open(fragment(1, 2, 10))).isInstanceOf(Incoming.Partial.class);
    assertThat(open(initiator.seal(HEADER, List.of()))).isInstanceOf(Incoming.Complete.class);
    assertThat(reassembly.deadline()).isEmpty();
  }

  @Test
  void fragmentsAreKeptNoLongerThanAHalfOpenSaLives() {
    assertThat(IkeTimers.REASSEMBLY).isLessThanOrEqualTo(IkeTimers.HALF_OPEN);
  }

  @Test
  void whatStaysIncompleteIsDroppedInTime() {
    assertThat(open(fragment(1, 2, 10))).isInstanceOf(Incoming.Partial.class);
    Instant due = reassembly.deadline().orElseThrow();
    assertThat(due).isEqualTo(NOW.plus(IkeTimers.REASSEMBLY));
    assertThat(reassembly.expire(due.minusMillis(1))).isFalse();
    // More fragments do not prolong it.
    open(fragment(1, 2, 10), due.minusMillis(1));
    assertThat(reassembly.expire(due)).isTrue();
    assertThat(reassembly.deadline()).isEmpty();
    assertThat(reassembly.expire(due)).isFalse();
  }
}
