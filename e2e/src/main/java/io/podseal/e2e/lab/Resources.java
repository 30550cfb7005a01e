package io.podseal.e2e.lab;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes what was added, the last first, each even if another one fails. Confined to one thread.
 */
public final class Resources implements AutoCloseable {
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();

  /** Takes {@code resource} over and returns it. */
  public <T extends AutoCloseable> T add(T resource) {
    owned.push(resource);
    return resource;
  }

  @Override
  public void close() {
    IllegalStateException failures = new IllegalStateException("could not take everything down");
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failures.addSuppressed(e);
      } catch (Exception e) {
        failures.addSuppressed(e);
      }
    }
    if (failures.getSuppressed().length > 0) {
      throw failures;
    }
  }
}
