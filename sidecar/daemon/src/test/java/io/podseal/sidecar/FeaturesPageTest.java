package io.podseal.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class FeaturesPageTest {
  private static final Pattern CLASS = Pattern.compile("`((?:[a-z]+\\.)+[A-Z]\\w+)`");

  @Test
  void everyClassThatThePageNamesIsThere() throws IOException {
    List<String> named =
        CLASS
            .matcher(Files.readString(Path.of("..", "..", "docs", "FEATURES.md")))
            .results()
            .map((MatchResult match) -> match.group(1))
            .toList();

    assertThat(named).hasSizeGreaterThan(30).allSatisfy(FeaturesPageTest::load);
  }

  private static void load(String name) throws ClassNotFoundException {
    String whole =
        name.startsWith("sidecar.") ? "io.podseal." + name : "io.podseal.protocol." + name;
    Class.forName(whole, false, FeaturesPageTest.class.getClassLoader());
  }
}
