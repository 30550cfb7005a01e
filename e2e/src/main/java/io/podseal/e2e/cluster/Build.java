package io.podseal.e2e.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where the build left what runs: the same jars that go into the images. */
final class Build {
  private static final Path ROOT = findRoot();

  private Build() {}

  /** Returns the folder that holds the whole project. */
  static Path root() {
    return ROOT;
  }

  /** Returns the command line of the controller. */
  static List<String> controller() {
    Path module = ROOT.resolve("controller");
    return java(module, module.resolve("target/quarkus-app/quarkus-run.jar"));
  }

  /** Returns the command line of the sidecar, without its options. */
  static List<String> sidecar() {
    Path module = ROOT.resolve("sidecar/daemon");
    require(module.resolve("target/lib"));
    Path jar = jar(module.resolve("target"));
    List<String> line = new ArrayList<>(java(module, jar));
    Path cache = module.resolve("target/aot");
    if (newer(cache, jar)) {
      line.add(1, "-XX:AOTCache=" + cache);
    }
    return line;
  }

  private static boolean newer(Path one, Path other) {
    try {
      return Files.exists(one)
          && Files.getLastModifiedTime(one).compareTo(Files.getLastModifiedTime(other)) > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> java(Path module, Path jar) {
    require(jar);
    return List.of(java(), "@" + module.resolve("src/main/jvm/args"), "-jar", jar.toString());
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static Path jar(Path target) {
    try (Stream<Path> files = Files.list(target)) {
      return files
          .filter(file ->
              file.getFileName().toString().matches("podseal-sidecar-[0-9.]+(-SNAPSHOT)?\\.jar"))
          .findFirst()
          .orElseThrow(() -> missing(target.resolve("podseal-sidecar-*.jar")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void require(Path file) {
    if (!Files.exists(file)) {
      throw missing(file);
    }
  }

  private static IllegalStateException missing(Path file) {
    return new IllegalStateException(file + " is missing: build with ./mvnw package -DskipTests");
  }

  private static Path findRoot() {
    try {
      Path at = Path.of(Build.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      while (at != null && !Files.exists(at.resolve("dev"))) {
        at = at.getParent();
      }
      if (at == null) {
        throw new IllegalStateException("these classes are not inside the project's folder");
      }
      return at;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
