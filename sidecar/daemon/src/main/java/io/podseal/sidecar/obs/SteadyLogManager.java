package io.podseal.sidecar.obs;

import java.util.logging.LogManager;

/**
 * Keeps logging until the process is gone: the JDK's own manager takes its handlers away while
 * shutdown hooks still run.
 */
public final class SteadyLogManager extends LogManager {
  @Override
  public void reset() {
    // The JDK calls this in a shutdown hook of its own; there is nothing to take back.
  }
}
