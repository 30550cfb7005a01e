package io.podseal.sidecar.dataplane.userspace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.Optional;

/** Packets and octets of one direction of an SA: one thread counts, any thread reads. */
final class Meter {
  private static final VarHandle PACKETS = field("packets");
  private static final VarHandle BYTES = field("bytes");
  private static final VarHandle LAST_MILLIS = field("lastMillis");

  private long packets;
  private long bytes;
  private long lastMillis;

  void count(int payloadLength, long nowMillis) {
    PACKETS.setOpaque(this, packets + 1);
    BYTES.setOpaque(this, bytes + payloadLength);
    if (nowMillis != lastMillis) {
      LAST_MILLIS.setOpaque(this, nowMillis);
    }
  }

  long packets() {
    return (long) PACKETS.getOpaque(this);
  }

  long bytes() {
    return (long) BYTES.getOpaque(this);
  }

  /** When the last packet was counted. */
  Optional<Instant> last() {
    long millis = (long) LAST_MILLIS.getOpaque(this);
    return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }

  private static VarHandle field(String name) {
    try {
      return MethodHandles.lookup().findVarHandle(Meter.class, name, long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
