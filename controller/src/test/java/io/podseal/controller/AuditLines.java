package io.podseal.controller;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What a line of the audit log looks like, by kind, to its last letter; named groups. */
public final class AuditLines {
  private static final String WHO =
      "pod=(?<pod>[a-z0-9.-]+/[a-z0-9.-]+) uid=(?<uid>[0-9a-f-]{36})"
          + " serviceaccount=(?<account>[a-z0-9.-]+) node=(?<node>-|[a-z0-9.-]+)";

  public static final Pattern OPENED =
      line("stream opened: " + WHO + " version=(?<version>\\S+) dataplane=(?<dataplane>\\S+)");

  public static final Pattern CLOSED =
      line("stream closed: " + WHO + " reason=(?<reason>[A-Za-z_]+)");

  /** Of whoever proved to be a pod; see {@link #DENIED_UNKNOWN}. */
  public static final Pattern DENIED =
      line("stream denied: from=/(?<from>[0-9a-f.:]+) " + WHO + " reason=(?<reason>[A-Za-z_]+)");

  public static final Pattern DENIED_UNKNOWN =
      line("stream denied: from=/(?<from>[0-9a-f.:]+) pod=- reason=(?<reason>[a-z_]+)");

  public static final Pattern ISSUED =
      line(
          "keys issued: "
              + WHO
              + " peering=(?<peering>[a-z0-9.-]+/[a-z0-9.-]+) epoch=(?<epoch>[0-9]+)"
              + " keys=(?<keys>[0-9]+) ids=(?<ids>[0-9a-f]{12}(?:,[0-9a-f]{12})*)");

  private static final List<Pattern> KINDS =
      List.of(OPENED, CLOSED, DENIED, DENIED_UNKNOWN, ISSUED);
  private static final Pattern AUDIT = Pattern.compile("(?:INFO|WARN|WARNING) +\\[?audit\\b.*");

  private AuditLines() {}

  /** The lines of one kind in a log of any layout. */
  public static List<MatchResult> in(String log, Pattern kind) {
    return log.lines().flatMap(line -> kind.matcher(line).results()).toList();
  }

  /** The lines of the audit log that are of none of these kinds. */
  public static List<String> strange(String log) {
    return log.lines()
        .filter(line -> AUDIT.matcher(line).find())
        .filter(Predicate.not(line -> KINDS.stream().anyMatch(kind -> kind.matcher(line).find())))
        .toList();
  }

  private static Pattern line(String format) {
    return Pattern.compile("\\baudit\\b\\]? " + format + "$");
  }
}
