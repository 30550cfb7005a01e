package io.podseal.protocol.bench;

import io.podseal.protocol.bench.Spent.End;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * What an endpoint of so many IKE SAs does for one of them, each with the most {@link Steps} that
 * it took for any that was tried.
 */
public final class StarSteps implements IntFunction<Map<String, Long>> {
  static final String VIEW_OF_ALL = "the view of all";
  private static final int HANDSHAKES = 10;
  private static final int SAMPLE = 100;

  /** No two SAs have a timer at the same time. */
  private static final Duration BETWEEN_LOOKUPS = Duration.ofNanos(13_000);

  private final Map<String, Long> most = new LinkedHashMap<>();

  @Override
  public Map<String, Long> apply(int size) {
    Star star =
        new Star(
            new NoKeyExchange(new JdkCryptoProvider()),
            new Random(size)::nextBytes,
            End.RESPONDER,
            CryptoOffer.CLASSIC,
            size);
    star.note();
    star.fill(size - HANDSHAKES, true, new Spent());
    for (int i = 0; i < HANDSHAKES; i++) {
      star.elapse();
      count("one SA more", () -> star.handshake(true, new Spent()));
    }
    for (int i = 0; i < SAMPLE; i++) {
      star.now(star.now().plus(BETWEEN_LOOKUPS));
      lookUp(star, i * (size / SAMPLE));
    }
    count(VIEW_OF_ALL, () -> star.hub().view());
    runTimers(star);
    return most;
  }

  private void count(String what, Runnable work) {
    most.merge(what, Steps.of(work), Math::max);
  }

  private void lookUp(Star star, int number) {
    Star.Flying request = star.lastRequests().get(number);
    int spi = star.inboundSpis().get(number);
    Instant now = star.now();
    count(
        "a repeated request",
        () -> sent(star.hub().datagram(request.message(), request.from(), request.to(), now)));
    byte[] strange = request.message().clone();
    strange[8] ^= 1;
    count(
        "a request for an IKE SPI that no SA has",
        () -> star.hub().datagram(strange, request.from(), request.to(), now));
    count("traffic on a child", () -> star.hub().traffic(spi, now, Instant.MIN, now));
    count("the first packet of a child", () -> star.hub().firstInbound(spi, now));
    Endpoint remote = request.from();
    count("an ESP SPI that no SA has", () -> star.hub().unknownSpi(spi ^ 1, remote, now));
    Identity peer = new Identity("spoke-" + (number + 1));
    count("a packet that waits", () -> star.hub().sealingNeeded(peer, now));
  }

  private static void sent(List<Action> actions) {
    if (!(actions.getFirst() instanceof Action.Send)) {
      throw new IllegalStateException("a repeated request is not answered: " + actions);
    }
  }

  /** None of the requests that the unknown ESP SPIs have caused is answered. */
  private void runTimers(Star star) {
    for (int ended = 0; ended < SAMPLE; ) {
      star.now(star.hub().deadline().orElseThrow());
      List<Action> actions = new ArrayList<>();
      long steps = Steps.of(() -> actions.addAll(star.hub().timer(star.now())));
      boolean ends = actions.stream().anyMatch(StarSteps::isEnd);
      most.merge(ends ? "a timer that ends an SA" : "a timer that asks again", steps, Math::max);
      ended += ends ? 1 : 0;
    }
  }

  private static boolean isEnd(Action action) {
    return action instanceof Action.Emit(ProtocolEvent.IkeSaClosed closed);
  }
}
