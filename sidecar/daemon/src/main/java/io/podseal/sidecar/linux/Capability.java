package io.podseal.sidecar.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The capabilities that a sidecar needs or watches for (capabilities(7)), by their bit. */
public enum Capability {
  NET_BIND_SERVICE(10),
  NET_ADMIN(12),
  NET_RAW(13);

  private static final String EFFECTIVE = "CapEff:";

  private final int bit;

  Capability(int bit) {
    this.bit = bit;
  }

  /** What this process may do. */
  public static Set<Capability> effective() {
    Path status = Path.of("/proc/self/status");
    try {
      return parse(Files.readAllLines(status));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + status + ": is /proc mounted?", e);
    }
  }

  /**
   * Which of {@code needed} are missing, as one sentence that says what to do; empty when none is.
   */
  public static String missing(Set<Capability> needed, Set<Capability> effective) {
    List<String> absent = new ArrayList<>();
    for (Capability capability : needed) {
      if (!effective.contains(capability)) {
        absent.add(capability.name());
      }
    }
    return absent.isEmpty()
        ? ""
        : "This process lacks "
            + String.join(" and ", absent)
            + ": add it under securityContext.capabilities of the podseal container and run it as"
            + " user 0, since other users have no effective capability.";
  }

  static Set<Capability> parse(List<String> status) {
    Set<Capability> result = EnumSet.noneOf(Capability.class);
    for (String line : status) {
      if (line.startsWith(EFFECTIVE)) {
        long mask = Long.parseUnsignedLong(line.substring(EFFECTIVE.length()).strip(), 16);
        for (Capability capability : values()) {
          if ((mask >>> capability.bit & 1) == 1) {
            result.add(capability);
          }
        }
      }
    }
    return result;
  }
}
