package io.podseal.protocol.bench;

import io.podseal.protocol.bench.Spent.End;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** What a lookup and a timer cost in an endpoint of 100, 1,000 and 10,000 IKE SAs. */
final class Growth {
  private static final int[] SIZES = {100, 1_000, 10_000};
  private static final int SAS_AT_LEAST = 5_000;
  private static final int LOOKUPS_PER_SA = 10;
  private static final int TIMERS_PER_SA = 3;

  private final CryptoProvider crypto;
  private final int size;
  private final Cost byIkeSpi = new Cost();
  private final Cost byChildSpi = new Cost();
  private final Cost timers = new Cost();

  private Growth(CryptoProvider crypto, int size) {
    this.crypto = crypto;
    this.size = size;
  }

  /** CPU time of many calls. */
  private static final class Cost {
    long nanos;
    long calls;

    double each() {
      return (double) nanos / calls;
    }
  }

  /** As many endpoints of this size as hold enough SAs. */
  private Growth measured() {
    for (int i = 0; i < Math.max(1, SAS_AT_LEAST / size); i++) {
      Star star = new Star(new NoKeyExchange(crypto), End.RESPONDER, CryptoOffer.CLASSIC, size);
      star.note();
      star.fill(true, new Spent());
      byIkeSpi(star);
      byChildSpi(star);
      timers(star);
    }
    return this;
  }

  /** A repeated request is found by its IKE SPI and gets its answer again. */
  private void byIkeSpi(Star star) {
    inAnyOrder(
        star.lastRequests(),
        byIkeSpi,
        r -> {
          List<Action> actions = star.hub().datagram(r.message(), r.from(), r.to(), star.now());
          if (!(actions.getFirst() instanceof Action.Send)) {
            throw new IllegalStateException("a repeated request is not answered: " + actions);
          }
        });
  }

  /** The data plane's report is found by the child's SPI. */
  private void byChildSpi(Star star) {
    inAnyOrder(
        star.inboundSpis(),
        byChildSpi,
        spi -> star.hub().traffic(spi, star.now(), Instant.MIN, star.now()));
  }

  private <T> void inAnyOrder(List<T> what, Cost cost, Consumer<T> call) {
    List<T> order = new ArrayList<>();
    Random random = new Random(size);
    for (int i = 0; i < LOOKUPS_PER_SA * size; i++) {
      order.add(what.get(random.nextInt(size)));
    }
    long before = Spent.cpu();
    order.forEach(call);
    cost.nanos += Spent.cpu() - before;
    cost.calls += order.size();
  }

  /** Every peer falls silent while we send: each SA asks for a sign of life again and again. */
  private void timers(Star star) {
    star.now(star.now().plus(Lifetimes.DEFAULT.liveness()));
    for (int spi : star.inboundSpis()) {
      star.now(star.now().plus(Duration.ofNanos(20_000)));
      star.hub().traffic(spi, Instant.MIN, star.now(), star.now());
    }
    long sent = 0;
    long before = Spent.cpu();
    while (sent < (long) TIMERS_PER_SA * size) {
      star.now(star.hub().deadline().orElseThrow());
      List<Action> actions = star.hub().timer(star.now());
      sent += actions.stream().filter(Action.Send.class::isInstance).count();
    }
    timers.nanos += Spent.cpu() - before;
    timers.calls += sent;
  }

  static String report(CryptoProvider crypto) {
    new Growth(crypto, SIZES[0]).measured();
    StringBuilder text = new StringBuilder();
    text.append(
        """
        What a call costs as the number of SAs in one endpoint grows, nanoseconds of CPU time: the answer again to a
        repeated request (found by the IKE SPI), the data plane's report on a child (found by its SPI), and a timer that
        sends a request again (the earliest of all, and armed anew).

        | IKE SAs | by IKE SPI | by child SPI | timer |
        |---|---|---|---|
        """);
    for (int size : SIZES) {
      Growth g = new Growth(crypto, size).measured();
      text.append(
          "| %d | %.0f | %.0f | %.0f |\n"
              .formatted(size, g.byIkeSpi.each(), g.byChildSpi.each(), g.timers.each()));
    }
    return text.toString();
  }
}
