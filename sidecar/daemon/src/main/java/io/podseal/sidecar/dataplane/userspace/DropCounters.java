package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.telemetry.DropReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Counts drops of one thread; any thread reads. */
final class DropCounters {
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] counts = new long[DropReason.values().length];

  void count(DropReason reason) {
    count(reason.code());
  }

  /** Counts a drop by its {@link DropReason#code}. */
  void count(int code) {
    COUNT.setOpaque(counts, ~code, counts[~code] + 1);
  }

  long read(DropReason reason) {
    return (long) COUNT.getOpaque(counts, ~reason.code());
  }
}
