package io.podseal.sidecar.probe;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One probe under way: it ends by an answer or by its deadline, and then its channels close. */
final class Attempt {
  private final EventLoop loop;
  private final Probe probe;
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

  Attempt(EventLoop loop, Probe probe) {
    this.loop = loop;
    this.probe = probe;
    Duration timeout = probe.timeout();
    var deadline =
        loop.schedule(
            () ->
                outcome.complete(
                    new Outcome(
                        Outcome.Result.TIMEOUT,
                        "no answer from %s port %d within %d s"
                            .formatted(
                                probe.handler().host(),
                                probe.handler().port(),
                                timeout.toSeconds()))),
            timeout.toMillis(),
            TimeUnit.MILLISECONDS);
    var _ = outcome.whenComplete((_, _) -> deadline.cancel(false));
  }

  EventLoop loop() {
    return loop;
  }

  Probe probe() {
    return probe;
  }

  CompletableFuture<Outcome> outcome() {
    return outcome;
  }

  int timeoutMillis() {
    return (int) Math.min(Integer.MAX_VALUE, probe.timeout().toMillis());
  }

  void succeed() {
    outcome.complete(Outcome.SUCCEEDED);
  }

  void fail(String why) {
    outcome.complete(Outcome.failed(why));
  }

  void fail(Throwable cause) {
    String message = cause.getMessage();
    fail(message == null ? cause.toString() : message);
  }

  /** At once when it has ended already. */
  void closesAtEnd(Channel channel) {
    var _ =
        outcome.thenAccept(_ -> {
          var _ = channel.close();
        });
  }
}
