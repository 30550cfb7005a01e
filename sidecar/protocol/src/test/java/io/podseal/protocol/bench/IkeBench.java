package io.podseal.protocol.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@code ./dev bench ike} starts: measures, asserts nothing, and writes its file. */
public final class IkeBench {
  private IkeBench() {}

  /** The file to write. */
  public static void main(String[] args) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # What IKE costs

        Written by `./dev bench ike`, which measures and asserts nothing. Authentication is by pre-shared key; "X25519"
        and "hybrid" (X25519 and ML-KEM-768) are the offers of pods. One core, Java %s.

        """
            .formatted(Runtime.version()));
    section(text, "Rate", Rates.report(Rates.measure()));
    section(text, "Memory", Memory.report());
    section(text, "Growth", Growth.report());
    Files.writeString(Path.of(args[0]), text.toString().stripTrailing() + "\n");
  }

  private static void section(StringBuilder text, String title, String body) {
    System.out.printf("%s%n%n%s%n", title, body);
    text.append("## ").append(title).append("\n\n").append(body).append('\n');
  }
}
