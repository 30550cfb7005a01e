package io.podseal.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class after which a Netty buffer was collected that nobody had released; for {@link
 * ExtendWith}. The module's test run makes {@link Detector} Netty's own and has it watch every
 * buffer.
 */
public final class BufferLeaks implements AfterAllCallback {
  private static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

  /** How often a collection is asked for before nothing more is expected of it. */
  private static final int COLLECTIONS = 5;

  @Override
  public void afterAll(ExtensionContext context) {
    assertThat(found()).as("where Netty buffers that leaked were last touched").isEmpty();
  }

  /** The leaks since the last call, each with where its buffer was touched. */
  static List<String> found() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      // Netty looks for leaks when it makes the next buffer.
      PooledByteBufAllocator.DEFAULT.buffer().release();
    }
    List<String> found = List.copyOf(FOUND);
    FOUND.removeAll(found);
    return found;
  }

  /** Keeps what Netty's would only log. */
  public static final class Detector<T> extends ResourceLeakDetector<T> {
    public Detector(Class<?> type, int samplingInterval) {
      super(type, samplingInterval);
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String type, String records) {
      FOUND.add(type + records);
    }

    @Override
    protected void reportUntracedLeak(String type) {
      FOUND.add(type);
    }
  }
}
