package io.podseal.e2e.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code ./dev} of this checkout, copied to a folder where every tool that it would start only
 * writes down that it was started, and nothing else is on PATH.
 */
class DevScriptTest {
  private static final int REFUSED = 2;
  private static final int MISSING = 3;

  /** What a shell script uses, of this machine. */
  private static final List<String> SHELL =
      List.of(
          "bash",
          "basename",
          "cat",
          "comm",
          "dirname",
          "env",
          "find",
          "grep",
          "head",
          "mkdir",
          "mv",
          "paste",
          "rm",
          "sed",
          "sort",
          "tee",
          "touch");

  @TempDir private Path folder = Path.of("");
  private Path programs = folder;
  private Path kubeconfig = folder;

  @BeforeEach
  void copy() throws IOException {
    programs = Files.createDirectory(folder.resolve("programs"));
    for (var name : SHELL) {
      var place = Command.of("sh", "-c", "command -v " + name).must().strip();
      script("programs/" + name, "exec " + place + " \"$@\"");
    }
    Files.copy(Path.of("../dev"), folder.resolve("dev"));
    Files.createDirectory(folder.resolve(".mvn"));
    Files.writeString(folder.resolve(".mvn/find-jdk.sh"), "");
    Files.createDirectories(folder.resolve("e2e/cluster"));
    script("mvnw", "echo mvnw \"$@\" >>calls");
    script("e2e/cluster/build", "echo build >>calls; echo \"$PWD/kit\"");
    script("programs/mvn", "");
    script("programs/openssl", "");
    go("go1.26.1");
    kubeconfig = Files.writeString(folder.resolve("kubeconfig"), "shop-production");
    script(
        "programs/kubectl",
        """
        case "$1 $2" in
          'config view') [ -s "$KUBECONFIG" ] && echo "$(cat "$KUBECONFIG") (https://k8s.shop.example)" ;;
          *) echo pods ;;
        esac
        """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"e2e api", "e2e", "e2e api Permissions", "test"})
  void somebodysClusterIsNamedAndLeftAloneUntilTheySayYes(String command) throws IOException {
    var result = dev("KUBECONFIG=" + kubeconfig, command);

    assertThat(result.exit()).isEqualTo(REFUSED);
    assertThat(result.err())
        .contains("shop-production (https://k8s.shop.example)", "--yes", "unset KUBECONFIG");
    assertThat(calls()).isEmpty();
  }

  @Test
  void whoSaysYesHasTheirClusterTested() throws IOException {
    var result = dev("KUBECONFIG=" + kubeconfig, "e2e api --yes");

    assertThat(result.must()).contains("nothing of the tests is left on the cluster of KUBECONFIG");
    assertThat(calls()).contains("build").anyMatch(call -> call.contains("-Dgroups=api"));
  }

  @Test
  void withoutKubeconfigThereIsNothingToAsk() throws IOException {
    dev("KUBECONFIG=", "e2e api").must();

    assertThat(calls()).contains("build").anyMatch(call -> call.contains("-Dgroups=api"));
  }

  @Test
  void aKubeconfigWithoutContextIsNamed() throws IOException {
    Files.writeString(kubeconfig, "");
    var result = dev("KUBECONFIG=" + kubeconfig, "e2e api");

    assertThat(result.exit()).isEqualTo(REFUSED);
    assertThat(result.err()).contains(kubeconfig + " has no usable context");
    assertThat(calls()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"go1.9.7", "go1.23.12", "devel +0123abc"})
  void aGoThatIsTooOldIsNamedBeforeItBuildsForMinutes(String version) throws IOException {
    go(version);
    var result = dev("KUBECONFIG=", "cluster build");

    assertThat(result.exit()).isEqualTo(MISSING);
    assertThat(result.err()).contains(version, "Go 1.24 or newer");
    assertThat(calls()).isEmpty();
  }

  @Test
  void noGoIsNamedToo() throws IOException {
    Files.delete(programs.resolve("go"));
    var result = dev("KUBECONFIG=", "cluster build");

    assertThat(result.exit()).isEqualTo(MISSING);
    assertThat(result.err()).contains("Go 1.24 or newer");
    assertThat(calls()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"go1.24", "go1.30.2", "devel go1.27-0123abc"})
  void aGoThatIsNewEnoughBuilds(String version) throws IOException {
    go(version);

    assertThat(dev("KUBECONFIG=", "cluster build").must()).contains(folder.resolve("kit") + "");
    assertThat(calls()).containsExactly("build");
  }

  private void go(String version) throws IOException {
    script("programs/go", "echo 'go version " + version + " linux/amd64'");
  }

  private void script(String name, String body) throws IOException {
    var file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<String> calls() throws IOException {
    var file = folder.resolve("calls");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private Command.Result dev(String variable, String command) {
    var line = new ArrayList<>(List.of("env", "-i", "PATH=" + programs, variable));
    line.add(folder.resolve("dev").toString());
    line.addAll(Arrays.asList(command.split(" ", -1)));
    return Command.of(line.toArray(String[]::new)).run();
  }
}
