package io.podseal.controller.reconcile;

import io.podseal.controller.obs.RepeatGuard;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Runs its steps on one thread whenever it was asked to, and pauses after each run: many requests
 * become few runs, and none is lost. A step that fails does not hold up the others and is tried
 * again.
 */
public final class WorkLoop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal.loop");
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);
  private static final Duration STUCK = Duration.ofMinutes(1);

  /**
   * One thing to do.
   *
   * @param job for the log, such as {@code write statuses}
   */
  public record Step(String job, Runnable task) {}

  private final Semaphore requests = new Semaphore(0);
  private final Thread thread;
  private final Duration pause;
  private final List<Step> steps;
  private final InstantSource clock;
  private final RepeatGuard repeats;
  private volatile Instant runningSince = Instant.MAX;
  private volatile boolean closing;

  /**
   * A loop that is not started yet.
   *
   * @param name of its thread
   * @param pause shortest time between two runs
   */
  public WorkLoop(String name, Duration pause, InstantSource clock, List<Step> steps) {
    this.pause = pause;
    this.steps = List.copyOf(steps);
    this.clock = clock;
    this.repeats = new RepeatGuard(clock, Duration.ofMinutes(1));
    this.thread = Thread.ofPlatform().name("podseal " + name).daemon().unstarted(this::run);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /** Asks for a run; never blocks. */
  public void signal() {
    requests.release();
  }

  /** False if one run takes suspiciously long. */
  public boolean healthy() {
    var since = runningSince;
    return since.equals(Instant.MAX) || clock.instant().isBefore(since.plus(STUCK));
  }

  /** Ends the thread after the current run. */
  @Override
  public void close() {
    closing = true;
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (!closing) {
        requests.acquire();
        requests.drainPermits();
        var rest = once() ? pause : PAUSE_AFTER_FAILURE;
        TimeUnit.NANOSECONDS.sleep(rest.toNanos());
      }
    } catch (InterruptedException e) {
      if (!closing) {
        throw new IllegalStateException("interrupted, but not by close", e);
      }
    }
  }

  private boolean once() {
    runningSince = clock.instant();
    boolean allDone = true;
    for (var step : steps) {
      try {
        step.task().run();
      } catch (RuntimeException e) {
        allDone = false;
        var line = ApiProblems.describe(step.job(), e);
        if (!closing && repeats.due(line)) {
          LOG.warn(line);
          LOG.debug("trying again", e);
        }
      }
    }
    runningSince = Instant.MAX;
    if (!allDone) {
      signal();
    }
    return allDone;
  }
}
