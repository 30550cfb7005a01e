package io.podseal.sidecar.obs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LoggingTest {
  @AfterEach
  void restore() throws IOException {
    LogManager.getLogManager().readConfiguration();
  }

  /** Any tenant may ask for it, and gRPC prints what it sends. */
  @Test
  void librariesSayNothingAtTraceWhateverTheGarbageCollectorTakes() {
    Logging.start("trace");
    collectGarbage();

    Logger frames = Logger.getLogger("io.grpc.netty.NettyClientHandler." + System.nanoTime());
    assertThat(frames.isLoggable(Level.INFO)).isFalse();
    assertThat(Logger.getLogger("podseal.ike." + System.nanoTime()).isLoggable(Level.FINE))
        .isTrue();
  }

  /** At debug it prints more than a hundred roots before our own first line. */
  @Test
  void theJdkNarratesNoCertificatesAndProcesses() {
    Logging.start("trace");

    for (String name : new String[] {"jdk.event.security", "java.lang.ProcessBuilder"}) {
      assertThat(Logger.getLogger(name).isLoggable(Level.FINE)).as(name).isFalse();
    }
  }

  private static void collectGarbage() {
    WeakReference<Object> witness = new WeakReference<>(new Object());
    while (witness.get() != null) {
      System.gc();
    }
  }
}
