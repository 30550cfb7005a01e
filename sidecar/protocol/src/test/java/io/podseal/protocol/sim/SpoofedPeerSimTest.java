package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody who sends in a declared peer's name and sees nothing of what comes back. */
class SpoofedPeerSimTest extends AskedByStrangers {
  private static final int OWN = Limits.ANSWER_BURST + Limits.CHALLENGE_BURST;

  private final Host c = world.host("c", "10.0.0.3", 3);
  private final Endpoint ofA = new Endpoint(a.address, 500);
  private final Endpoint ofC = new Endpoint(c.address, 500);

  @BeforeEach
  void declare() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(c, Lifetimes.DEFAULT, Host.key(1, "k"));
  }

  /** How many of {@code count} requests, all at once, are answered. */
  private int answered(int count, Endpoint from) {
    int answered = 0;
    for (int i = 1; i <= count; i++) {
      answered += answers(Stranger.request(i), from).size();
    }
    return answered;
  }

  /** Ten times what its address gets, for a second before it begins and while it does. */
  @Test
  void thousandsPerSecondInAPeersNameDoNotKeepItOut() {
    int perSecond = 10 * Limits.CHALLENGE_RATE;
    for (int sent = 1; sent <= 3 * perSecond; sent++) {
      answers(Stranger.request(sent), ofA);
      if (sent == perSecond) {
        a.send(b, 1);
      }
      world.run(Duration.ofSeconds(1).dividedBy(perSecond));
    }
    assertThat(b.drops).doesNotContainKey(DropReason.RATE_LIMITED);
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class)).hasSize(1);
    assertThat(b.received).containsExactly(1);
  }

  @Test
  void allPeersAddressesTogetherGetSoManyChallengesBesideTheirOwn() {
    int common = Limits.PEER_CHALLENGE_BURST;
    assertThat(answered(OWN + common + 100, ofA)).isEqualTo(OWN + common);
    assertThat(b.drops(DropReason.RATE_LIMITED)).isEqualTo(100);
    assertThat(answered(OWN + 100, ofC)).as("another peer's own").isEqualTo(OWN);

    world.run(Duration.ofMillis(100));
    int earned = (Limits.ANSWER_RATE + Limits.CHALLENGE_RATE) / 10;
    assertThat(answered(20_000, ofA)).isEqualTo(earned + Limits.PEER_CHALLENGE_RATE / 10);
    assertThat(answered(20_000, ofC)).isEqualTo(earned);
  }

  @Test
  void anAddressThatIsNoPeersGetsNoneOfThem() {
    assertThat(answered(OWN + 100, Stranger.at(1))).isEqualTo(OWN);
  }

  /** What ends in a nonce of this length, or is a header only. */
  @ParameterizedTest
  @ValueSource(ints = {0, 16, 36})
  void aRequestThatCannotGetAChallengeUsesUpNone(int nonceLength) {
    List<Payload> payloads =
        nonceLength == 0
            ? List.of()
            : List.of(new NoncePayload(new Gen(1).octets(nonceLength, nonceLength)));
    byte[] tooShort = MessageEncoder.clear(Stranger.init(7), payloads);
    for (int i = 0; i < OWN + Limits.PEER_CHALLENGE_BURST + 100; i++) {
      assertThat(answers(tooShort, ofA)).isEmpty();
    }
    assertThat(answer(Stranger.request(8), ofA).has(NotifyType.COOKIE)).isTrue();
    assertThat(answered(OWN + Limits.PEER_CHALLENGE_BURST, ofA))
        .isEqualTo(Limits.CHALLENGE_BURST + Limits.PEER_CHALLENGE_BURST - 1);
  }

  /** The shortest that gets one, as long as the challenge. */
  @Test
  void aRequestAsLongAsItsChallengeGetsIt() {
    answered(Limits.ANSWER_BURST, ofA);
    byte[] request =
        MessageEncoder.clear(
            Stranger.init(7_000), List.of(new NoncePayload(new Gen(1).octets(37, 37))));
    assertThat(answer(request, ofA).has(NotifyType.COOKIE)).isTrue();
    assertThat(answers(request, ofA).getFirst()).hasSameSizeAs(request);
  }
}
