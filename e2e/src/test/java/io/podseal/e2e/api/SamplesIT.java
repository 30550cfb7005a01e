package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The samples of {@code crds/samples} before a real API server: it takes every good one and refuses
 * the last document of every bad one with the message that the file names.
 */
@Tag("api")
@ExtendWith(Api.class)
class SamplesIT {
  private static final Path FOLDER = Path.of("..", "crds", "samples");
  private static final Pattern REFUSED = Pattern.compile("(?m)^# refused: (.+)$");
  private static final Pattern SEPARATOR = Pattern.compile("(?m)^---\\n");

  @Test
  void thereAreSamplesOfAllKinds() {
    assertThat(files("good")).hasSizeGreaterThanOrEqualTo(7);
    assertThat(files("bad")).hasSizeGreaterThanOrEqualTo(15);
  }

  @TestFactory
  Stream<DynamicTest> goodSamplesAreTaken() {
    var namespace = Api.namespace();
    return files("good").stream()
        .map(file ->
            dynamicTest(
                file.getFileName().toString(),
                () -> apply(namespace, "create", read(file)).must()));
  }

  /** The server's defaults, not the controller's. */
  @Test
  void whatASampleLeavesOutIsFilledIn() {
    var namespace = Api.namespace();
    for (var sample : List.of("smallest-peering", "profile-of-defaults")) {
      apply(namespace, "create", read(FOLDER.resolve("good/" + sample + ".yaml"))).must();
    }
    assertThat(get(namespace, "peering/orders-to-postgres", "-o=jsonpath={.spec.mode}"))
        .isEqualTo("Strict");
    assertThat(
            get(
                namespace,
                "cprof/plain",
                "-o=jsonpath={.spec.childLifetime} {.spec.ikeLifetime} {.spec.liveness} {.spec.encryption[0]}"))
        .isEqualTo("1h 4h 30s aes256gcm16");
  }

  @Test
  void eachKindHasAShortNameColumnsAndTheCategory() {
    var namespace = Api.namespace();
    for (var sample :
        List.of("smallest-peering", "profile-of-defaults", "grant", "external-peer-by-address")) {
      apply(namespace, "create", read(FOLDER.resolve("good/" + sample + ".yaml"))).must();
    }
    assertThat(headers(namespace, "peering", "-o=wide"))
        .containsExactly("NAME", "READY", "PAIRS", "MODE", "REASON", "AGE");
    assertThat(headers(namespace, "cprof"))
        .startsWith("NAME")
        .endsWith("AGE")
        .hasSizeGreaterThan(3);
    assertThat(headers(namespace, "grant"))
        .startsWith("NAME")
        .endsWith("AGE")
        .hasSizeGreaterThan(2);
    assertThat(headers(namespace, "xpeer"))
        .startsWith("NAME")
        .endsWith("AGE")
        .hasSizeGreaterThan(2);
    assertThat(get(namespace, "podseal", "-o=name").lines())
        .extracting(line -> line.replaceAll("\\.podseal\\.io/.*", ""))
        .containsExactlyInAnyOrder(
            "securepeering", "cryptoprofile", "peeringgrant", "externalpeer");
  }

  private static List<String> headers(String namespace, String... what) {
    return List.of(get(namespace, what).lines().findFirst().orElseThrow().split("\\s+"));
  }

  private static String get(String namespace, String... what) {
    var arguments = new ArrayList<>(List.of("-n", namespace, "get"));
    arguments.addAll(List.of(what));
    return Api.kubectl(arguments.toArray(String[]::new)).must();
  }

  @TestFactory
  Stream<DynamicTest> badSamplesAreRefusedWithTheMessageThatTheyName() {
    return files("bad").stream()
        .map(file -> dynamicTest(file.getFileName().toString(), () -> refused(read(file))));
  }

  private static void refused(String sample) {
    var namespace = Api.namespace();
    var message = REFUSED.matcher(sample);
    assertThat(message.find()).as("a comment `# refused: MESSAGE`").isTrue();
    var documents = SEPARATOR.split(sample, -1);
    for (int i = 0; i < documents.length - 1; i++) {
      apply(namespace, "apply", documents[i]).must();
    }
    var before = specs(namespace);
    var result = apply(namespace, "apply", documents[documents.length - 1]);
    assertThat(result.ok()).as("it must be refused").isFalse();
    assertThat(result.err()).contains(message.group(1));
    assertThat(specs(namespace)).isEqualTo(before);
  }

  private static String specs(String namespace) {
    return get(
        namespace,
        "podseal",
        "-o=jsonpath={range .items[*]}{.metadata.name} {.spec}{\"\\n\"}{end}");
  }

  private static Command.Result apply(String namespace, String verb, String yaml) {
    return Api.kubectl("-n", namespace, verb, "--validate=strict", "-f", "-").run(yaml);
  }

  private static List<Path> files(String kind) {
    try (var files = Files.list(FOLDER.resolve(kind))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
