package io.podseal.protocol.bench;

import io.podseal.protocol.crypto.CryptoProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Measures what IKE costs with one library of cryptography; asserts nothing. */
public final class IkeBench {
  private IkeBench() {}

  /** Measures, prints, and writes {@code file}. */
  public static void write(Path file, CryptoProvider crypto) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # What IKE costs

        Written by `./dev bench ike`, which measures and asserts nothing. Authentication is by pre-shared key; "X25519"
        and "hybrid" (X25519 and ML-KEM-768) are the offers of pods. One core, Java %s.

        """
            .formatted(Runtime.version()));
    section(text, "Rate", Rates.report(Rates.measure(crypto)));
    section(text, "Memory", Memory.report(crypto));
    section(text, "Growth", Growth.report(crypto));
    Files.writeString(file, text.toString().stripTrailing() + "\n");
  }

  private static void section(StringBuilder text, String title, String body) {
    System.out.printf("%s%n%n%s%n", title, body);
    text.append("## ").append(title).append("\n\n").append(body).append('\n');
  }
}
