package io.podseal.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Every vulnerability of other IKE and IPsec implementations that we know of, and every other input
 * that is known to be awkward, has a test whose name begins with its id. To add one: its id here,
 * and the test.
 */
class HostileInputIndexTest {
  /** The first id of each row names its test; further ids of the row follow it. */
  private static final Map<String, List<String>> VULNERABILITIES =
      Map.ofEntries(
          row("cve_2014_2338"),
          row("cve_2014_9221"),
          row("cve_2015_3991"),
          row("cve_2013_6076"),
          row("cve_2013_6075"),
          row("cve_2018_10811"),
          row("cve_2021_41991"),
          row(
              "cve_2021_41990",
              "cve_2017_11185",
              "cve_2017_9022",
              "cve_2018_16151",
              "cve_2018_16152",
              "cve_2018_17540",
              "cve_2018_6459"),
          row("cve_2021_45079"),
          row("cve_2023_41913"),
          row("cve_2023_26463", "cve_2025_62291", "cve_2026_25075"),
          row("cve_2022_40617"),
          row("cve_2013_4564"),
          row("cve_2013_6467"),
          row("cve_2015_3240"),
          row("cve_2015_3204"),
          row("cve_2016_3071"),
          row("cve_2016_5391"),
          row("cve_2016_5361"),
          row("cve_2019_12312"),
          row("cve_2020_1763", "cve_2022_23094"),
          row("cve_2023_23009"),
          row("cve_2023_38710"),
          row("cve_2024_2357"),
          row("cve_2026_12413"),
          row("cve_2026_50722"),
          row("openbsd_7_8_027", "openbsd_7_7_033"),
          row("cve_2020_16088"),
          row("cve_2017_7184"),
          row("cve_2022_27666"),
          row("cve_2025_39965"),
          row("cve_2026_43284"),
          row("cve_2026_31663", "cve_2026_31518", "cve_2026_43167"));

  /** What this module does not reach alone, with another's test, seen from this one. */
  private static final Map<String, Path> ELSEWHERE =
      Map.of(
          // A length on a local control socket: ours is the HTTP port of the daemon.
          "cve_2018_5388",
          Path.of("../daemon/src/test/java/io/podseal/sidecar/obs/HttpEndpointTest.java"),
          // Keys that can be guessed offline: ours are made by the controller.
          "cve_2018_5389",
          Path.of(
              "../../controller/src/test/java/io/podseal/controller/keys/"
                  + "PairKeyDerivationTest.java"),
          // Teardown under traffic.
          "cve_2026_31663",
          Path.of(
              "../daemon/src/test/java/io/podseal/sidecar/dataplane/userspace/"
                  + "UserspaceDataPlaneTest.java"));

  private static final List<String> OTHERS =
      List.of(
          "extra_payload_length",
          "extra_critical_bit",
          "extra_nested_sk",
          "extra_pad_length",
          "extra_sa_255",
          "extra_nonce_length",
          "extra_duplicate_payload",
          "extra_ts_range",
          "extra_delete_65535",
          "extra_cookie",
          "extra_sa_init_replay",
          "extra_reflection",
          "extra_message_id",
          "extra_response_to_nothing",
          "extra_clear_notify",
          "extra_fragment_numbers",
          "extra_fragment_total",
          "extra_esp_spi",
          "extra_esp_alignment",
          "extra_esp_dummy",
          "extra_esp_sequence_zero",
          "extra_esp_window_edge",
          "extra_esp_half_wrap");

  private static Map.Entry<String, List<String>> row(String id, String... more) {
    return Map.entry(id, List.of(more));
  }

  @Test
  void everyIdHasItsTest() {
    Set<String> missing = new TreeSet<>(VULNERABILITIES.keySet());
    missing.addAll(OTHERS);
    Set<String> names = namesOfTests();
    missing.removeIf(id -> names.stream().anyMatch(n -> n.startsWith(id + "_")));
    assertThat(missing).as("ids without a test").isEmpty();
  }

  @Test
  void everyTestWithAnIdIsListed() {
    Set<String> unknown = namesOfTests();
    unknown.removeIf(n -> !n.matches("(cve|extra|openbsd)_.*"));
    assertThat(unknown).hasSizeGreaterThan(VULNERABILITIES.size());
    unknown.removeIf(n ->
        VULNERABILITIES.keySet().stream().anyMatch(id -> n.startsWith(id + "_"))
            || OTHERS.stream().anyMatch(id -> n.startsWith(id + "_")));
    assertThat(unknown).as("tests with an id that is not listed").isEmpty();
  }

  @Test
  void everyIdOfAnotherModuleHasItsTestThere() throws IOException {
    for (Map.Entry<String, Path> other : ELSEWHERE.entrySet()) {
      assertThat(Files.readString(other.getValue()))
          .as("%s", other.getValue())
          .containsPattern(
              "@(Parameterized)?Test\n[^;]*?  void " + Pattern.quote(other.getKey()) + "_");
    }
  }

  private static Set<String> namesOfTests() {
    Set<String> names = new TreeSet<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(new ImportOption.OnlyIncludeTests())
            .importPackages("io.podseal.protocol")) {
      for (JavaMethod method : type.getMethods()) {
        if (method.isAnnotatedWith(Test.class) || method.isAnnotatedWith(ParameterizedTest.class)) {
          names.add(method.getName());
        }
      }
    }
    return names;
  }
}
