package io.podseal.controller;

import io.podseal.controller.certs.AuthorityException;
import io.podseal.controller.keys.KeyStoreException;
import io.podseal.controller.reconcile.ApiProblems;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Tries a step of the start again and again: what is missing may be granted or come up any time.
 */
final class Patience {
  private static final Logger LOG = Logger.getLogger("podseal");
  private static final Duration FIRST_RETRY = Duration.ofMillis(500);
  private static final Duration LAST_RETRY = Duration.ofSeconds(10);

  private Patience() {}

  /**
   * Returns what the step returns at last; says why it does not, once for each reason.
   *
   * @param what for the log, such as {@code load the master keys}
   */
  static <T> T insist(String what, Supplier<T> step) throws InterruptedException {
    var pause = FIRST_RETRY;
    var said = "";
    while (true) {
      try {
        return step.get();
      } catch (RuntimeException e) {
        var line =
            e instanceof KeyStoreException || e instanceof AuthorityException
                ? "cannot " + what + ": " + e.getMessage()
                : ApiProblems.describe(what, e);
        if (!line.equals(said)) {
          LOG.error(line);
          said = line;
        }
      }
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      pause = pause.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? pause.multipliedBy(2) : LAST_RETRY;
    }
  }
}
