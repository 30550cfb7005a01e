package io.podseal.protocol.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;

/** What one datagram may cost, and how that is measured. */
public final class Cost {
  /** Octets that decoding and demultiplexing one datagram may allocate. */
  public static final int ALLOCATION = 64 * 1024;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Cost() {}

  /** Octets this thread has allocated so far. */
  public static long allocated() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }

  /**
   * Does {@code work}, which must be repeatable, and checks what it allocates. The first time may
   * load classes: only what it allocates every time counts.
   */
  public static <T> T check(Supplier<T> work) {
    long before = allocated();
    T result = work.get();
    for (int i = 0; i < 3 && allocated() - before > ALLOCATION; i++) {
      before = allocated();
      result = work.get();
    }
    long cost = allocated() - before;
    if (cost > ALLOCATION) {
      throw new AssertionError("allocates " + cost + " octets");
    }
    return result;
  }
}
