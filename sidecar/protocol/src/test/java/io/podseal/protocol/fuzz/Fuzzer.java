package io.podseal.protocol.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ./dev fuzz} starts: Jazzer calls the two methods that it knows by name, and {@link
 * #main} does everything that needs no Jazzer.
 */
public final class Fuzzer {
  private static @Nullable FuzzTarget target;

  private Fuzzer() {}

  /** Called by Jazzer once. Loading classes takes longer than an input may: it is done before. */
  public static void fuzzerInitialize(String[] args) {
    FuzzTarget chosen = Targets.named(args[0]);
    chosen.seeds().forEach(s -> chosen.run(s.octets()));
    target = chosen;
  }

  /** Called by Jazzer for every input. */
  public static void fuzzerTestOneInput(byte[] input) {
    FuzzTarget chosen = target;
    if (chosen == null) {
      throw new IllegalStateException("no target chosen");
    }
    chosen.run(input);
  }

  /**
   * {@code list}, {@code longest TARGET}, {@code replay TARGET FILE}, {@code export TARGET FOLDER}
   * of the committed corpus as one file for each input, or {@code keep TARGET FOLDER} of such files
   * into the corpus.
   */
  public static void main(String[] args) throws IOException {
    switch (args[0]) {
      case "list" ->
          Targets.all().forEach(t -> System.out.printf("  %-20s %s%n", t.name(), t.about()));
      case "longest" -> System.out.println(Targets.named(args[1]).longest());
      case "replay" -> {
        Targets.named(args[1]).run(Files.readAllBytes(Path.of(args[2])));
        System.out.println("no promise is broken by " + args[2]);
      }
      case "export" -> Corpus.of(Targets.named(args[1])).export(Path.of(args[2]));
      case "keep" -> Corpus.of(Targets.named(args[1])).keep(Path.of(args[2]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }
}
