package io.podseal.controller.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What is printed means what was read, but for the sidecar. */
class InjectCommandTest {
  private static final String POD =
      "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image:"
          + " app}]}}";

  @TempDir private Path folder = Path.of("");

  private record Ran(int exit, String out, String err) {}

  @Test
  void noStringIsPrintedAsSomethingElse() throws IOException {
    var strings =
        List.of(
            "1e3",
            "0x1F",
            "1_000",
            ".inf",
            "-.INF",
            ".nan",
            "0b11",
            "0o17",
            "017",
            "1:30",
            "12e03",
            "1.",
            "+1",
            "-0",
            "~",
            "null",
            "Null",
            "yes",
            "No",
            "on",
            "OFF",
            "y",
            "N",
            "true",
            "False",
            "2001-01-01",
            "=",
            "<<",
            "",
            " ",
            " a",
            "a ",
            "#",
            "a #b",
            "a: b",
            "- a",
            "?",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "{a",
            "[a",
            "'",
            "\"",
            "\\",
            "|",
            ">",
            ",a",
            "a\nb",
            " a\nb\n",
            "a\n\n",
            "\ta\n",
            "a \nb",
            "a\r\nb",
            "1\n",
            "\u0007",
            "\u0085",
            "\u2028",
            "ü",
            "\ud83d\ude00",
            "nginx:1.2",
            "/bin/true",
            "app.kubernetes.io/name");
    var yaml = new StringBuilder("kind: ConfigMap\ndata:\n");
    for (var string : strings) {
      yaml.append("  ").append(quoted("k" + string)).append(": ").append(quoted(string));
      yaml.append('\n');
      yaml.append("  ").append(quoted(string)).append(": x\n");
    }

    var ran = run(yaml.toString());

    assertThat(ran.exit()).isZero();
    assertThat(read(ran.out())).isEqualTo(read(yaml.toString()));
    assertThat((Map<?, ?>) read(ran.out()).get("data")).hasSize(2 * strings.size());
  }

  @Test
  void noNumberIsPrintedAsAnother() throws IOException {
    var yaml =
        "kind: ConfigMap\ndata: {mode: 0644, hex: 0x1F, thousand: 1_000, half: 0.5, big:"
            + " 12345678901234567890, none: null, tilde: ~, truth: true, minus: -1, zero: 0, exp:"
            + " 1.5e+3}\n";

    var ran = run(yaml);

    assertThat(read(ran.out())).isEqualTo(read(yaml));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: &x 1\nb: *x\n", "kind: Pod\n---\na: &x {c: 1}\nb:\n  <<: *x\n"})
  void aliasesAreRefusedAndNotTurnedIntoText(String yaml) throws IOException {
    var ran = run(yaml);

    assertThat(ran.exit()).isNotZero();
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).contains("alias (*x)", "line ").doesNotContain("\tat ");
  }

  @Test
  void ofANamespaceThatIsNeverInjectedNothingIs() throws IOException {
    assertThat(run(POD).out()).contains("podseal/sidecar");
    var reserved = run(POD, "-n", "kube-system");
    assertThat(reserved.out()).doesNotContain("podseal");
    assertThat(reserved.err()).contains("skipped Pod/web");
    assertThat(run(POD.replace("name: web", "name: web, namespace: shop"), "-n", "kube-system"))
        .extracting(Ran::out)
        .asString()
        .as("what the object says counts")
        .contains("podseal/sidecar");
  }

  @Test
  void theImageIsOfThisVersion() throws IOException {
    assertThat(run(POD).out()).contains("podseal/sidecar:" + Version.current());
    assertThat(run(POD, "--image", "mirror/sidecar:9").out())
        .contains("mirror/sidecar:9")
        .doesNotContain("podseal/sidecar");
  }

  private Ran run(String yaml, String... options) throws IOException {
    var file = Files.writeString(folder.resolve("in.yaml"), yaml);
    var out = new StringWriter();
    var err = new StringWriter();
    var line = new ArrayList<>(List.of("inject", "-f", file.toString()));
    line.addAll(Arrays.asList(options));
    int exit =
        Podsealctl.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(line.toArray(String[]::new));
    return new Ran(exit, out.toString(), err.toString());
  }

  /** As kubectl reads it: YAML 1.1. */
  private static Map<String, Object> read(String yaml) {
    return new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
  }

  private static String quoted(String text) {
    var line = new StringBuilder("\"");
    text.chars()
        .forEach(c ->
            line.append(
                c < 0x20 || c > 0x7e || c == '"' || c == '\\'
                    ? "\\u%04x".formatted(c)
                    : String.valueOf((char) c)));
    return line.append('"').toString();
  }
}
