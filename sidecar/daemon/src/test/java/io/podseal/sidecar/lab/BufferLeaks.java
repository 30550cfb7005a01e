package io.podseal.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.time.Duration;
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

  private static final Duration LONGEST_COLLECTION = Duration.ofSeconds(20);

  @Override
  public void afterAll(ExtensionContext context) {
    assertThat(found()).as("where Netty buffers that leaked were last touched").isEmpty();
  }

  /** The leaks since the last call, each with where its buffer was touched. */
  static List<String> found() {
    // What one collection has found is surely told when the next one's is.
    collect();
    collect();
    // Netty looks for leaks when it makes a buffer.
    PooledByteBufAllocator.DEFAULT.buffer().release();
    List<String> found = List.copyOf(FOUND);
    FOUND.removeAll(found);
    return found;
  }

  private static void collect() {
    ReferenceQueue<Object> collected = new ReferenceQueue<>();
    WeakReference<Object> garbage = new WeakReference<>(new Object(), collected);
    System.gc();
    try {
      assertThat(collected.remove(LONGEST_COLLECTION.toMillis())).isSameAs(garbage);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Keeps what Netty's would only log. */
  public static final class Detector<T> extends ResourceLeakDetector<T> {
    public Detector(Class<?> type, int samplingInterval) {
      super(type, samplingInterval);
    }

    /** Which Netty asks for first. */
    public Detector(Class<?> type, int samplingInterval, long maxActive) {
      this(type, samplingInterval);
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
