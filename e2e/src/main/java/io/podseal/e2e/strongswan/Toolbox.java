package io.podseal.e2e.strongswan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the peers and the kit's scripts are; {@code ./dev interop} says it by the environment. */
public final class Toolbox {
  private Toolbox() {}

  /** Returns the folder that {@code e2e/interop/peers} prints. */
  public static Path peers() {
    return folder("PODSEAL_PEERS");
  }

  /** Returns a script of {@code e2e/interop}. */
  public static String script(String name) {
    return folder("PODSEAL_INTEROP_KIT").resolve(name).toString();
  }

  /** Returns the version of {@code debian} unpacked in {@code root}. */
  public static String version(Path root, String debian) {
    try {
      return Files.readAllLines(root.resolve("versions")).stream()
          .filter(line -> line.startsWith(debian + " "))
          .map(line -> line.substring(debian.length() + 1))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException(root + " has no package " + debian));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path folder(String variable) {
    String value = System.getenv(variable);
    if (value == null) {
      throw new IllegalStateException(variable + " is not set: run ./dev interop");
    }
    return Path.of(value);
  }
}
