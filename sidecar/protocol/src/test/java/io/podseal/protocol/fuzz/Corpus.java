package io.podseal.protocol.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The committed inputs of a target: a text file with a name and hex digits in each line. First its
 * seeds, then what fuzzing found: a {@code crash-…} broke a promise once, a {@code found-…} reached
 * code that no other did.
 */
final class Corpus {
  private static final Path FOLDER = Path.of("src/test/resources/fuzz");
  static final String CRASH = "crash-";
  static final String FOUND = "found-";

  private final FuzzTarget target;
  private final Path file;

  private Corpus(FuzzTarget target) {
    this.target = target;
    this.file = FOLDER.resolve(target.name() + ".txt");
  }

  static Corpus of(FuzzTarget target) {
    return new Corpus(target);
  }

  List<Seed> inputs() {
    try {
      return Files.readAllLines(file, StandardCharsets.US_ASCII).stream()
          .map(Seed::ofLine)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("no corpus; -Dpodseal.fuzz.seeds=write makes one", e);
    }
  }

  /** Replaces the seeds by what {@link FuzzTarget#seeds} gives now and leaves the rest. */
  void writeSeeds() {
    List<Seed> all = new ArrayList<>(target.seeds());
    if (Files.exists(file)) {
      inputs().stream().filter(Corpus::isFromFuzzing).forEach(all::add);
    }
    write(all);
  }

  static boolean isFromFuzzing(Seed seed) {
    return seed.name().startsWith(CRASH) || seed.name().startsWith(FOUND);
  }

  private void write(List<Seed> all) {
    try {
      Files.createDirectories(FOLDER);
      Files.write(file, all.stream().map(Seed::line).toList(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes every input to a file of its own, as the fuzzer wants them. */
  void export(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (Seed seed : inputs()) {
      Files.write(folder.resolve(seed.name()), seed.octets());
    }
  }

  /** Adds the files of {@code folder} whose octets are not here yet; shortest first. */
  void keep(Path folder) throws IOException {
    List<Seed> all = new ArrayList<>(inputs());
    int before = all.size();
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.sorted().toList();
    }
    for (Path path : files) {
      byte[] octets = Files.readAllBytes(path);
      if (all.stream().noneMatch(s -> Arrays.equals(s.octets(), octets))) {
        String name = path.getFileName().toString();
        String prefix = name.startsWith(CRASH) || name.startsWith("timeout-") ? CRASH : FOUND;
        all.add(new Seed(prefix + HexFormat.of().toHexDigits(Arrays.hashCode(octets)), octets));
      }
    }
    write(all);
    System.out.println(all.size() - before + " inputs added to " + file);
  }
}
