package io.podseal.e2e.race;

import io.podseal.e2e.lab.Command;
import io.podseal.protocol.policy.LocalPod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Handshakes of many initiators with one responder, several at a time, in one thread. */
final class Spokes {
  /** Enough that the responder never waits for work. */
  static final int IN_FLIGHT = 8;

  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final int TIMERS_EVERY_MILLIS = 100;

  private final LocalPod hub;
  private final Kind kind;
  private final ByteBuffer buffer = IkeSockets.buffer();
  private final List<Spoke> flying = new ArrayList<>();

  Spokes(InetAddress hub, Kind kind) {
    this.hub = Parties.hub(hub);
    this.kind = kind;
  }

  /** Makes every address of the spokes one of this network namespace, though no interface's. */
  static void takeAddresses() {
    Command.of("ip", "route", "add", "local", Parties.SPOKES, "dev", "lo").must();
  }

  /**
   * Makes {@code count} IKE SAs and returns once the last one is established.
   *
   * @throws IllegalStateException if one of them is not
   */
  void establish(int count) {
    int begun = 0;
    try (Selector selector = Selector.open()) {
      try {
        while (begun < count || !flying.isEmpty()) {
          while (begun < count && flying.size() < IN_FLIGHT) {
            Spoke spoke = new Spoke(++begun, hub, kind, selector, buffer);
            flying.add(spoke);
            spoke.begin();
          }
          receive(selector);
          retire();
        }
      } finally {
        for (Spoke spoke : flying) {
          spoke.close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(kind.title() + ": handshake " + begun, e);
    }
  }

  private static void receive(Selector selector) throws IOException {
    selector.select(TIMERS_EVERY_MILLIS);
    for (SelectionKey key : selector.selectedKeys()) {
      ((Spoke) key.attachment()).receive(key.channel());
    }
    selector.selectedKeys().clear();
  }

  private void retire() throws IOException {
    for (Iterator<Spoke> all = flying.iterator(); all.hasNext(); ) {
      Spoke spoke = all.next();
      if (spoke.done()) {
        all.remove();
        spoke.close();
      } else if (spoke.nanos() > LONGEST.toNanos()) {
        throw spoke.failure("not established in " + LONGEST.toSeconds() + " s");
      } else {
        spoke.timer();
      }
    }
  }
}
