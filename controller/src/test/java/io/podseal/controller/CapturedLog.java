package io.podseal.controller;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;

/** What one logger says until this is closed, a line each. Safe for use by several threads. */
public final class CapturedLog extends Handler implements AutoCloseable {
  private final PatternFormatter formatter = new PatternFormatter("%p %c %s%e");
  private final Logger logger;
  private final List<String> lines = new ArrayList<>();

  private CapturedLog(String name) {
    logger = Logger.getLogger(name);
  }

  /** Listens to the logger {@code name} from now on. */
  public static CapturedLog of(String name) {
    var log = new CapturedLog(name);
    log.logger.addHandler(log);
    return log;
  }

  /** Returns all lines so far. */
  public synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  @Override
  public synchronized void publish(LogRecord logged) {
    lines.add(formatter.format(ExtLogRecord.wrap(logged)));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
