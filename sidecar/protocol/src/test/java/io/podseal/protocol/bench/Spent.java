package io.podseal.protocol.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** CPU time of this thread in the two ends of handshakes, by what was handled. */
final class Spent {
  /** The two ends of a handshake. */
  enum End {
    INITIATOR,
    RESPONDER
  }

  /** What an end was given to handle. */
  enum Stage {
    BEGIN,
    IKE_SA_INIT,
    IKE_INTERMEDIATE,
    IKE_AUTH
  }

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Map<End, Map<Stage, Long>> nanos = new EnumMap<>(End.class);
  private int handshakes;

  static long cpu() {
    return THREADS.getCurrentThreadCpuTime();
  }

  <T> T measured(End end, Stage stage, Supplier<T> work) {
    long before = cpu();
    T result = work.get();
    nanos
        .computeIfAbsent(end, e -> new EnumMap<>(Stage.class))
        .merge(stage, cpu() - before, Long::sum);
    return result;
  }

  void handshakeDone() {
    handshakes++;
  }

  /** Microseconds per handshake. */
  double micros(End end, Stage stage) {
    return nanos.getOrDefault(end, Map.of()).getOrDefault(stage, 0L) / 1e3 / handshakes;
  }

  /** Microseconds per handshake in all stages. */
  double micros(End end) {
    double sum = 0;
    for (Stage stage : Stage.values()) {
      sum += micros(end, stage);
    }
    return sum;
  }
}
