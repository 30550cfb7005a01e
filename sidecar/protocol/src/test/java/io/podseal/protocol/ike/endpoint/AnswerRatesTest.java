package io.podseal.protocol.ike.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Limits;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class AnswerRatesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private final AnswerRates rates = new AnswerRates(Limits.ANSWER_BURST, Limits.ANSWER_RATE, 1);

  private static InetAddress source(int number) {
    try {
      return InetAddress.getByAddress(
          new byte[] {10, (byte) (number >>> 16), (byte) (number >>> 8), (byte) number});
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private int answers(int source, int asked, Instant now) {
    int answers = 0;
    for (int i = 0; i < asked; i++) {
      answers += rates.mayAnswer(source(source), now) ? 1 : 0;
    }
    return answers;
  }

  @Test
  void aBurstIsAnsweredThenFiftyASecond() {
    assertThat(answers(1, 1_000, NOW)).isEqualTo(100);
    assertThat(answers(1, 1_000, NOW.plusSeconds(1))).isEqualTo(50);
    assertThat(answers(1, 1_000, NOW.plusSeconds(1_000))).isEqualTo(100);
  }

  @Test
  void oneSourceDoesNotUseUpAnothers() {
    answers(1, 1_000, NOW);
    assertThat(answers(2, 1_000, NOW)).isEqualTo(100);
  }

  @Test
  void aClockThatStepsBackTakesNothingAndGivesNothing() {
    answers(1, 90, NOW);
    assertThat(answers(1, 100, NOW.minusSeconds(100))).isEqualTo(10);
  }

  @Test
  void aClockThatLeapsPaysWhatIsOwed() {
    answers(1, 1_000, NOW);
    assertThat(answers(1, 1_000, NOW.plus(Duration.ofDays(1_000_000)))).isEqualTo(100);
  }

  @Test
  void aFloodInManyNamesDoesNotMakeTheBusiestForgotten() {
    answers(1, 1_000, NOW);
    for (int i = 2; i < 100_000; i++) {
      assertThat(answers(i, 1, NOW)).as("source %d", i).isOne();
    }
    assertThat(answers(1, 1_000, NOW)).isZero();
  }

  /** Who may choose their places with each other get a new allowance each time they come. */
  @Test
  void sourcesThatShareTheirPlacesUnderOneKeyDoNotUnderAnother() {
    var other = new AnswerRates(Limits.ANSWER_BURST, Limits.ANSWER_RATE, 2);
    var conspirators = new ArrayList<Integer>();
    for (int i = 0; conspirators.size() < 9; i++) {
      if (other.group(source(i)) == 7) {
        conspirators.add(i);
      }
    }
    int answered = 0;
    for (int round = 0; round < 1_000; round++) {
      for (int source : conspirators) {
        answered += answers(source, 1, NOW);
      }
    }
    assertThat(answered).isEqualTo(conspirators.size() * 100);
  }

  @Test
  void asManySourcesAsAPodHasPeersAreCountedEachByItself() {
    int peers = 1_000;
    int answered = 0;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < peers; i++) {
        answered += answers(i, 100, NOW);
      }
    }
    assertThat(answered).as("some may share a place").isBetween(peers * 100, peers * 101);
  }

  @Test
  void addressesOfVersionSixAreCountedEachByItself() throws UnknownHostException {
    var one = InetAddress.getByName("2001:db8::1");
    var sameNet = InetAddress.getByName("2001:db8::2");
    var otherNet = InetAddress.getByName("2001:db8:1::1");
    for (int i = 0; i < 100; i++) {
      rates.mayAnswer(one, NOW);
    }
    assertThat(rates.mayAnswer(one, NOW)).isFalse();
    assertThat(rates.mayAnswer(sameNet, NOW)).isTrue();
    assertThat(rates.mayAnswer(otherNet, NOW)).isTrue();
  }
}
