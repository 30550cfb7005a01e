package io.podseal.sidecar;

import io.podseal.protocol.crypto.Algorithm;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.SelfTest;
import io.podseal.protocol.crypto.WorkingAlgorithms;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tests every algorithm once, from the start of the process, and logs what fails. All of them cost
 * 0.7 s of a cold start, most of that for groups that few profiles name: so they are tested beside
 * the way to the controller, and who asks waits for the one that is being tested and for what it
 * asks about, not for all.
 *
 * <p>Thread-safe.
 */
final class StartUpSelfTest implements WorkingAlgorithms {
  private static final System.Logger LOG = System.getLogger("podseal");

  private final SelfTest test;

  /** Fair, so that who asks has its turn before the next test. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private final Thread thread = new Thread(this::testAll, "self-test");

  private StartUpSelfTest(CryptoProvider crypto) {
    this.test = new SelfTest(crypto, StartUpSelfTest::failed);
  }

  static StartUpSelfTest begin(CryptoProvider crypto) {
    StartUpSelfTest begun = new StartUpSelfTest(crypto);
    begun.thread.setDaemon(true);
    begun.thread.start();
    return begun;
  }

  @Override
  public boolean includes(Algorithm algorithm) {
    turn.lock();
    try {
      return test.includes(algorithm);
    } finally {
      turn.unlock();
    }
  }

  /** Waits until every algorithm has been tested. */
  void await() throws InterruptedException {
    thread.join();
  }

  private void testAll() {
    long begun = System.nanoTime();
    List<Algorithm> all = Algorithm.all();
    long working = all.stream().filter(this::includes).count();
    LOG.log(
        System.Logger.Level.INFO,
        "self-test: {0} of {1} algorithms give right answers ({2} ms)",
        Long.toString(working),
        Integer.toString(all.size()),
        Long.toString(Duration.ofNanos(System.nanoTime() - begun).toMillis()));
  }

  private static void failed(Algorithm algorithm) {
    LOG.log(
        System.Logger.Level.ERROR,
        "{0} gives wrong answers on this machine and is not used",
        algorithm.name());
  }
}
