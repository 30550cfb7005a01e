package io.podseal.sidecar.obs;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** One line per record on standard error: time, level, message. */
public final class Logging {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /**
   * Libraries narrate their own start-up; only their warnings concern an operator. And gRPC shows
   * its frames at debug, with the token and the keys in them. Held here, because the JDK forgets
   * the level of a logger that nobody holds.
   */
  private static final List<Logger> SILENCED = new ArrayList<>();

  /** The last two are the JDK: each root that it knows, and a stack trace for each process. */
  private static final List<String> NOISY =
      List.of(
          "io.grpc", "io.netty", "io.micrometer", "jdk.event.security", "java.lang.ProcessBuilder");

  private Logging() {}

  /**
   * Sets up the process's log.
   *
   * @param level error, warn, info, debug or trace
   * @throws IllegalArgumentException for another word
   */
  public static void start(String level) {
    Level chosen =
        switch (level.toLowerCase(Locale.ROOT)) {
          case "error" -> Level.SEVERE;
          case "warn" -> Level.WARNING;
          case "info" -> Level.INFO;
          case "debug" -> Level.FINE;
          case "trace" -> Level.FINEST;
          default ->
              throw new IllegalArgumentException(
                  "log level " + level + " is none of error, warn, info, debug, trace");
        };
    // Read by the JDK when the first logger is asked for, hence here.
    System.setProperty("java.util.logging.manager", "io.podseal.sidecar.obs.SteadyLogManager");
    Logger root = Logger.getLogger("");
    for (var handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    ConsoleHandler handler = new ConsoleHandler();
    handler.setLevel(Level.ALL);
    handler.setFormatter(new OneLine());
    root.addHandler(handler);
    root.setLevel(chosen);
    for (String noisy : NOISY) {
      silence(noisy, Level.WARNING);
    }
    // It prints a stack trace for each name that does not resolve; the client says so in a line.
    silence("io.grpc.internal.ManagedChannelImpl", Level.SEVERE);
  }

  private static void silence(String name, Level level) {
    Logger logger = Logger.getLogger(name);
    logger.setLevel(level);
    SILENCED.add(logger);
  }

  private static final class OneLine extends Formatter {
    @Override
    public String format(LogRecord r) {
      String thrown =
          Optional.ofNullable(r.getThrown())
              .map(t -> {
                StringWriter trace = new StringWriter();
                t.printStackTrace(new PrintWriter(trace));
                return "\n" + trace;
              })
              .orElse("");
      return "%s %-7s %s%s%n"
          .formatted(
              TIME.format(Instant.ofEpochMilli(r.getMillis())),
              r.getLevel().getName(),
              formatMessage(r),
              thrown);
    }
  }
}
