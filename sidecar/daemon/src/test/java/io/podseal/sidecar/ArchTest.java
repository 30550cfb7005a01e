package io.podseal.sidecar;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The import rules of the daemon. */
final class ArchTest {
  private static final String ROOT = "io.podseal.sidecar.";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.podseal.sidecar");

  /** A rule about a package that moved away would hold for nothing. */
  @Test
  void rulesHaveSomethingToJudge() {
    Map<String, Integer> atLeast =
        Map.of("linux", 15, "dataplane", 20, "firewall", 7, "routing", 3, "jca", 4);
    atLeast.forEach((name, count) ->
        assertThat(CLASSES.that(resideInAPackage(ROOT + name + "..")).size())
            .as("classes in %s", name)
            .isGreaterThanOrEqualTo(count));
  }

  @Test
  void onlyTheLinuxPackageCallsNativeCode() {
    onlyIn("java.lang.foreign..", ROOT + "linux");
  }

  @Test
  void onlyTheJcaPackageKnowsBouncyCastle() {
    onlyIn("org.bouncycastle..", ROOT + "jca");
  }

  @Test
  void nothingHereUsesJavaxCryptoOrTheClusterLibraries() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("javax.crypto..", "io.fabric8..", "io.quarkus..", "jakarta..")
        .because("cryptography is behind ports, Kubernetes behind the control plane")
        .check(CLASSES);
  }

  @Test
  void linuxKnowsNothingOfPodseal() {
    classes()
        .that()
        .resideInAPackage(ROOT + "linux")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(ROOT + "linux", "java..", "org.jspecify..")
        .because("system calls are a leaf")
        .check(CLASSES);
  }

  @Test
  void planeFirewallAndRoutesDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "dataplane..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + "firewall..", ROOT + "routing..", ROOT + "engine..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAnyPackage(ROOT + "firewall..", ROOT + "routing..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + "dataplane..", ROOT + "engine..")
        .check(CLASSES);
  }

  @Test
  void planesAreKnownByTheirPortOnly() {
    classes()
        .that()
        .resideInAPackage(ROOT + "dataplane.userspace")
        .should()
        .onlyBeAccessed()
        .byAnyPackage(ROOT + "dataplane.userspace", "io.podseal.sidecar")
        .because("only the wiring chooses a plane")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  private static void onlyIn(String library, String home) {
    noClasses()
        .that()
        .resideOutsideOfPackage(home)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .because("it is the business of " + home)
        .check(CLASSES);
  }
}
