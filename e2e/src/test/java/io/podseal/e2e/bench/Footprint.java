package io.podseal.e2e.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process holds in memory, in MiB, as {@code /proc/PID/status} says it.
 *
 * @param resident all of it, with files that it maps
 * @param anonymous what no file backs: heap, stacks, native memory
 * @param peak the most that was resident since the start
 */
public record Footprint(long resident, long anonymous, long peak) {
  /** Returns what {@code pid} holds now. */
  public static Footprint of(long pid) {
    try {
      var status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
      return new Footprint(
          mebibytes(status, "VmRSS"), mebibytes(status, "RssAnon"), mebibytes(status, "VmHWM"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long mebibytes(String status, String field) {
    var line =
        status
            .lines()
            .filter(l -> l.startsWith(field + ":"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no " + field + " in " + status));
    return Math.round(Long.parseLong(line.replaceAll("\\D", "")) / 1024.0);
  }
}
