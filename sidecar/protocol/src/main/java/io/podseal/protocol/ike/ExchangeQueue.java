package io.podseal.protocol.ike;

import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The exchanges that we begin on one IKE SA: one in flight (RFC 7296 §2.3, window 1), the others in
 * order.
 */
final class ExchangeQueue {
  private final SaCore core;
  private final Deque<Exchange> waiting = new ArrayDeque<>();
  private @Nullable Exchange current;
  private boolean held;

  ExchangeQueue(SaCore core) {
    this.core = core;
  }

  /** The exchange whose answer is awaited. */
  Optional<Exchange> current() {
    return Optional.ofNullable(current);
  }

  boolean isIdle() {
    return current == null && waiting.isEmpty();
  }

  boolean holds(Predicate<Exchange> what) {
    return current().filter(what).isPresent() || waiting.stream().anyMatch(what);
  }

  /** Begins an exchange now or after those before it. */
  void begin(Exchange exchange, Instant now, List<Action> out) {
    waiting.addLast(exchange);
    pump(now, out);
  }

  /** Goes on with another message of an exchange before anything else. */
  void goOn(Exchange exchange, Instant now, List<Action> out) {
    waiting.addFirst(exchange);
    pump(now, out);
  }

  /** Begins nothing until {@link #release}: the peer does not know the SA yet. */
  void hold() {
    held = true;
  }

  void release(Instant now, List<Action> out) {
    held = false;
    pump(now, out);
  }

  void pump(Instant now, List<Action> out) {
    while (!held && current == null && !waiting.isEmpty()) {
      Exchange next = waiting.removeFirst();
      Optional<List<Payload>> request = next.request(now);
      if (request.isPresent()) {
        current = next;
        Endpoint to = next.probes().orElse(core.remote());
        core.request(next.type(), request.get(), to, next.timeout(), now, out);
        if (!to.equals(core.remote()) || next.provesAddress()) {
          core.window().alsoTo(core.remote());
        }
      }
    }
  }

  /** Takes the exchange that has just been answered. */
  Optional<Exchange> answered() {
    Optional<Exchange> answered = current();
    current = null;
    return answered;
  }

  /** The SA is over: gives up the exchange in flight, and nothing is begun any more. */
  void end(Instant now) {
    current().ifPresent(e -> e.abandon(now));
    current = null;
    waiting.clear();
    held = true;
  }

  /** Takes out what has not begun and is like {@code what}. */
  void withdraw(Predicate<Exchange> what) {
    waiting.removeIf(what);
  }

  /** Takes out what has not begun. */
  List<Exchange> drain() {
    List<Exchange> all = new ArrayList<>(waiting);
    waiting.clear();
    return all;
  }
}
