package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * How often b computes the PRF to verify the AUTH of an IKE_AUTH request (decision 3 of the
 * design): whoever measures b learns neither which names it knows nor which epoch is in force.
 */
class ConstantWorkSimTest {
  /** prf(SK_pi, IDi'), prf(PSK, pad) and AUTH (RFC 7296 §2.15). */
  private static final int CALLS_OF_ONE_TRY = 3;

  private static PresharedKey first() {
    return Host.key(1, "first");
  }

  private static PresharedKey second() {
    return Host.key(2, "second");
  }

  private static PresharedKey wrong() {
    return Host.key(1, "wrong");
  }

  /** One handshake that a begins, up to what b does with the IKE_AUTH request. */
  private static final class Attempt {
    private final World world = new World(1);
    private final Host a = world.host("a", "10.0.0.1", 1);
    private final Host b = world.host("b", "10.0.0.2", 2);

    /**
     * @param ofB none if b does not know a
     */
    Attempt(PresharedKey ofA, PresharedKey... ofB) {
      a.knows(b, Lifetimes.DEFAULT, ofA);
      if (ofB.length > 0) {
        b.knows(a, Lifetimes.DEFAULT, ofB);
      }
      world.record();
      world.hold(s -> s.is(a, ExchangeType.IKE_AUTH, false));
      a.send(b, 1);
      world.run(Duration.ofMillis(100));
      b.crypto.watch();
      world.deliverHeld(0);
    }

    boolean succeeds() {
      return b.establishedWith(a).size() == 1;
    }

    /** Those of the PRF until AUTH is computed for the last time. */
    int callsUntilVerified() {
      List<Bytes> data = b.crypto.prfData();
      String signed = HexFormat.of().formatHex(world.sent.getFirst().ike());
      return 1
          + IntStream.range(0, data.size())
              .filter(i -> data.get(i).toString().startsWith(signed))
              .max()
              .orElse(-1);
    }

    int calls() {
      return b.crypto.prfData().size();
    }
  }

  @Test
  void authIsVerifiedWithAsMuchWorkWhoeverAsksAndWhicheverKeyIsRight() {
    Map<String, Attempt> right = new HashMap<>();
    right.put("the newer epoch", new Attempt(second(), second(), first()));
    right.put("the older epoch", new Attempt(first(), second(), first()));
    right.put("the only epoch", new Attempt(first(), first()));
    Map<String, Attempt> refused = new HashMap<>();
    refused.put("no epoch of two", new Attempt(wrong(), second(), first()));
    refused.put("not the only epoch", new Attempt(wrong(), first()));
    refused.put("an unknown identity", new Attempt(first()));

    assertThat(right.values()).allMatch(Attempt::succeeds);
    assertThat(refused.values()).noneMatch(Attempt::succeeds);
    Map<String, Attempt> all = new HashMap<>(right);
    all.putAll(refused);
    all.forEach((what, attempt) ->
        assertThat(attempt.callsUntilVerified()).as(what).isEqualTo(2 * CALLS_OF_ONE_TRY));
    // Whoever is refused gets no more work out of it, and whoever is not the same.
    assertThat(refused.values()).allMatch(r -> r.calls() == 2 * CALLS_OF_ONE_TRY);
    assertThat(right.values().stream().map(Attempt::calls).distinct()).hasSize(1);
  }
}
