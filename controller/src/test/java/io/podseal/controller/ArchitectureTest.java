package io.podseal.controller;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.podseal.controller.keys.SecretOctets;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which part may know which: the layering of the controller. */
class ArchitectureTest {
  private static final String BASE = "io.podseal.controller";
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(BASE);
  private static final JavaClasses TESTS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
          .importPackages(BASE);

  @Test
  void theRulesSeeTheClassesTheyAreAbout() {
    Map.ofEntries(
            Map.entry("model", 20),
            Map.entry("keys", 7),
            Map.entry("identity", 12),
            Map.entry("control", 10),
            Map.entry("certs", 6),
            Map.entry("reconcile", 9),
            Map.entry("obs", 3),
            Map.entry("inject", 8),
            Map.entry("webhook", 5),
            Map.entry("ctl", 8),
            Map.entry("linux", 1))
        .forEach((layer, least) ->
            assertThat(
                    MAIN.stream()
                        .filter(c -> c.getPackageName().equals(BASE + "." + layer))
                        .count())
                .as(layer)
                .isGreaterThanOrEqualTo(least));
    assertThat(TESTS.size()).isGreaterThan(10);
  }

  @Test
  void theModelIsPure() {
    classes()
        .that()
        .resideInAPackage(BASE + ".model")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            BASE + ".model",
            "io.podseal.crds.v1alpha1",
            "java.lang..",
            "java.util..",
            "java.time..",
            "org.jspecify..")
        .because("it is tested as stories, and must give the same output for the same input")
        .check(MAIN);
    noClasses()
        .that()
        .resideInAPackage(BASE + ".model")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.concurrent..", "java.util.logging..")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java\\.(util\\.Random|time\\.Clock|time\\.InstantSource|lang\\.Thread)")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .because("a pure function has no time, chance or threads")
        .check(MAIN);
  }

  @Test
  void injectionIsPure() {
    classes()
        .that()
        .resideInAPackage(BASE + ".inject")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            BASE + ".inject",
            "com.fasterxml.jackson..",
            "io.fabric8.zjsonpatch..",
            "java.lang..",
            "java.util..",
            "org.jspecify..")
        .because("the webhook and podsealctl must make the same of the same pod")
        .check(MAIN);
  }

  @Test
  void layersImportOneWay() {
    onlyImports("keys", "model");
    onlyImports("identity", "model", "obs");
    onlyImports("certs");
    onlyImports("control", "model", "keys", "identity", "obs");
    onlyImports("reconcile", "model", "identity", "certs", "obs");
    onlyImports("obs");
    onlyImports("inject");
    onlyImports("linux");
    onlyImports("webhook", "inject", "reconcile", "obs");
    onlyImports("ctl", "inject");
    slices()
        .matching(BASE + ".(*)..")
        .should()
        .beFreeOfCycles()
        .because("a part that cannot be understood alone is not a part")
        .check(MAIN);
  }

  @Test
  void eachTechnologyHasOnePlace() {
    only("javax.crypto..", "keys", "derivation of keys is to be found in one place");
    only("org.bouncycastle..", "certs", "certificates are the one thing the JDK cannot issue");
    only("io.grpc..", "control", "the transport must be replaceable");
    only("io.netty..", "control", "one place to change with Netty 4.2");
    only("io.vertx..", "webhook", "the HTTP server of the webhook must be replaceable");
    only("java.lang.foreign..", "linux", "what is called natively is to be found in one place");
    only("picocli..", "ctl", "the controller itself is told by its environment");
    noClasses()
        .that()
        .resideOutsideOfPackages(BASE, BASE + ".obs")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.micrometer..")
        .because("metric names are to be found in one place")
        .check(MAIN);
    noClasses()
        .that()
        .resideOutsideOfPackage(BASE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.quarkus..", "jakarta..", "org.eclipse.microprofile..", "io.smallrye..")
        .because("annotation magic stays in the wiring, everything else is plain Java")
        .check(MAIN);
    noClasses()
        .that()
        .resideInAnyPackage(BASE + ".control", BASE + ".obs")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.fabric8..")
        .because("streams and metrics need nothing of the API server")
        .check(MAIN);
  }

  @Test
  void controllerAndSidecarMeetInTheControlProtocolOnly() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.podseal.protocol..", "io.podseal.sidecar..")
        .because("they are released apart")
        .check(MAIN);
  }

  @Test
  void keyMaterialIsReadInThreePlaces() {
    noClasses()
        .that(
            describe(
                "others",
                type ->
                    !Pattern.matches(
                        ".*\\.(PairKeyDerivation|MasterSecret|PolicyEncoder|SecretOctets)(\\$.*)?",
                        type.getName())))
        .should()
        .callMethod(SecretOctets.class, "use", java.util.function.Function.class)
        .because("every reader of key octets is known")
        .check(MAIN);
    fields()
        .that(
            describe(
                "raw arrays that sound secret",
                (JavaField field) ->
                    field.getRawType().isEquivalentTo(byte[].class)
                        && Pattern.compile("key|secret|psk|master")
                            .matcher(field.getName().toLowerCase(Locale.ROOT))
                            .find()))
        .should()
        .beDeclaredInClassesThat(resideInAPackage(BASE + ".keys"))
        .allowEmptyShould(true)
        .because("secrets live in SecretOctets, which zeroes and never prints")
        .check(MAIN);
  }

  @Test
  void namesSayWhatThingsAre() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Impl")
        .because("such a name hides the job")
        .check(MAIN);
  }

  @Test
  void testsWaitForEventsAndNotForTime() {
    noClasses()
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", java.time.Duration.class)
        .because("a sleep is too short on a slow machine and too long on a fast one")
        .check(TESTS);
  }

  private static void onlyImports(String layer, String... others) {
    var allowed = new String[others.length + 1];
    allowed[0] = BASE + "." + layer;
    for (int i = 0; i < others.length; i++) {
      allowed[i + 1] = BASE + "." + others[i];
    }
    classes()
        .that()
        .resideInAPackage(BASE + "." + layer)
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage(BASE + "..")
                .negate()
                .or(
                    com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage(
                        allowed)))
        .because(
            "imports go one way: wiring, then reconcile and control, then the rest, then model")
        .check(MAIN);
  }

  private static void only(String library, String layer, String because) {
    noClasses()
        .that()
        .resideOutsideOfPackage(BASE + "." + layer)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .because(because)
        .check(MAIN);
  }
}
