package io.podseal.sidecar.dataplane.userspace;

import io.podseal.sidecar.linux.EventFd;
import io.podseal.sidecar.linux.Poller;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * The loop of one data thread: wait, zero what is retired, take the tables, move a batch.
 *
 * <p>The order keeps keys safe: an SA is retired after tables without it were published, so tables
 * taken after it was found in the queue cannot hold it.
 */
abstract class DataThread {
  /** Packets moved before the tables are read again. */
  static final int BATCH = 64;

  private static final System.Logger LOG = System.getLogger(DataThread.class.getName());
  private static final long COMPLAIN_EVERY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long CLOSE_LIMIT_MILLIS = 5_000;

  final DropCounters drops = new DropCounters();
  final EventFd wake = new EventFd();

  private final Thread thread;
  private final Queue<Sa> retired = new ConcurrentLinkedQueue<>();
  private final Consumer<Sa> destroyer;
  private volatile boolean running = true;
  private long complainedAt = System.nanoTime() - COMPLAIN_EVERY_NANOS;

  /**
   * @param destroyer zeroes this thread's half of an SA
   */
  DataThread(String name, Consumer<Sa> destroyer) {
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::loop);
    this.destroyer = destroyer;
  }

  /** Takes the newest tables; called once per batch, after retired SAs were collected. */
  abstract void takeTables();

  /** Moves at most {@link #BATCH} packets. */
  abstract void moveBatch();

  /** How long to wait for packets at most; empty for ever. */
  abstract OptionalLong nanosToDeadline();

  abstract Poller poller();

  void start() {
    thread.start();
  }

  /** Makes the loop turn once, so that it takes new tables. */
  void wake() {
    wake.signal();
  }

  /** Hands over an SA that is no longer in the published tables. */
  void retire(Sa sa) {
    retired.add(sa);
    wake.signal();
  }

  /** Ends the loop and waits for it. */
  void stop() {
    running = false;
    wake.signal();
    try {
      thread.join(CLOSE_LIMIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      throw new IllegalStateException(thread.getName() + " does not stop");
    }
    destroyRetired();
    wake.close();
  }

  private void loop() {
    Poller poller = poller();
    while (running) {
      try {
        OptionalLong deadline = nanosToDeadline();
        if (deadline.isPresent()) {
          poller.await(Duration.ofNanos(deadline.getAsLong()).plusMillis(1));
        } else {
          poller.await();
        }
        if (poller.isWoken()) {
          wake.clear();
        }
        destroyRetired();
        takeTables();
        moveBatch();
      } catch (RuntimeException e) {
        // One packet that meets a bug of ours must not stop all others; it stays unsent.
        complain(e);
      }
    }
  }

  private void destroyRetired() {
    for (Sa sa = retired.poll(); sa != null; sa = retired.poll()) {
      destroyer.accept(sa);
    }
  }

  private void complain(RuntimeException e) {
    long now = System.nanoTime();
    if (now - complainedAt >= COMPLAIN_EVERY_NANOS) {
      complainedAt = now;
      LOG.log(System.Logger.Level.ERROR, thread.getName() + " met a bug and dropped a packet", e);
    }
  }
}
