package io.podseal.protocol;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameContaining;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The import rules of the protocol core. */
final class ArchTest {
  private static final String ROOT = "io.podseal.protocol.";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.podseal.protocol");

  /** A rule about a package that moved away would hold for nothing. */
  @Test
  void rulesHaveSomethingToJudge() {
    Map<String, Integer> atLeast =
        Map.of("crypto", 14, "esp", 8, "udpencap", 1, "secret", 1, "policy", 2, "telemetry", 1);
    atLeast.forEach((name, count) ->
        assertThat(CLASSES.that(resideInAPackage(ROOT + name + "..")).size())
            .as("classes in %s", name)
            .isGreaterThanOrEqualTo(count));
  }

  @Test
  void coreDependsOnTheJdkAndJspecifyOnly() {
    classes()
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                "io.podseal.protocol..", "java..", "javax.crypto..", "org.jspecify.."))
        .because("the protocol must run anywhere a JDK does")
        .check(CLASSES);
  }

  @Test
  void coreDoesNoInputOrOutputAndStartsNoThread() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("java.nio.channels..", "java.util.logging..", "java.net.http..")
                .or(resideInAPackage("java.util.concurrent").and(simpleNameContaining("Executor"))))
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Thread.class)
        .because("inputs and time are arguments, results are values")
        .check(CLASSES);
  }

  @Test
  void coreReadsNoClockAndMakesNoRandomness() {
    noClasses()
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Math.class, "random")
        .orShould()
        .callConstructor(SecureRandom.class)
        .orShould()
        .callConstructor(Random.class)
        .orShould()
        .callMethod(SecureRandom.class, "getInstance", String.class)
        .orShould()
        .callMethod(SecureRandom.class, "getInstanceStrong")
        .because("same seed and same inputs must give the same octets")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "crypto.jdk")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(Random.class)
        .because("JCA wants its own type of randomness; nobody else does")
        .check(CLASSES);
  }

  @Test
  void onlyTheJdkProviderImportsJavaxCrypto() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "crypto.jdk")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("javax.crypto..")
        .because("everything else asks the ports")
        .check(CLASSES);
  }

  @Test
  void espAndIkeDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "esp..")
        .should()
        .dependOnClassesThat(resideInAnyPackage(ROOT + "ike..", ROOT + "message.."))
        .because("keys and selectors pass between them as policy values")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(ROOT + "ike..")
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT + "esp.."))
        .because("keys and selectors pass between them as policy values")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void onlyEspUsesTheReplayWindow() {
    classes()
        .that()
        .resideInAPackage(ROOT + "esp.replay")
        .should()
        .onlyBeAccessed()
        .byAnyPackage(ROOT + "esp", ROOT + "esp.replay")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void namesSayTheJob() {
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
        .check(CLASSES);
  }
}
