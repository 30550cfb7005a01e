package io.podseal.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The import rules of the end-to-end kit. */
final class ArchTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.podseal.e2e");

  @Test
  void packagesImportOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("lab")
        .definedBy("io.podseal.e2e.lab")
        .layer("capture")
        .definedBy("io.podseal.e2e.capture")
        .layer("cluster")
        .definedBy("io.podseal.e2e.cluster")
        .layer("kube")
        .definedBy("io.podseal.e2e.kube")
        .layer("demo")
        .definedBy("io.podseal.e2e.demo")
        .layer("interop")
        .definedBy("io.podseal.e2e.interop")
        .layer("strongswan")
        .definedBy("io.podseal.e2e.strongswan")
        .layer("race")
        .definedBy("io.podseal.e2e.race")
        .whereLayer("race")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("strongswan")
        .mayOnlyBeAccessedByLayers("interop", "race")
        .whereLayer("demo")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("interop")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("cluster")
        .mayOnlyBeAccessedByLayers("demo", "interop")
        .whereLayer("capture")
        .mayOnlyBeAccessedByLayers("demo", "interop")
        .whereLayer("lab")
        .mayOnlyBeAccessedByLayers("demo", "interop", "cluster", "kube", "strongswan", "race")
        .whereLayer("kube")
        .mayOnlyBeAccessedByLayers("cluster", "demo")
        .check(CLASSES);
  }

  @Test
  void theSidecarAndTheControllerAreUsedAsProcessesOnly() {
    assertThat(CLASSES.size()).isGreaterThan(20);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.podseal.e2e.race")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.podseal.sidecar..")
        .because("what is shown must be what runs in a pod; the race times the engine's parts")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.podseal.e2e.race")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.podseal.protocol..")
        .because("what is shown must be what runs in a pod; the race times IKE alone")
        .check(CLASSES);
  }

  @Test
  void onlyInteropPlaysTheController() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.podseal.e2e.interop")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.podseal.control..")
        .check(CLASSES);
  }

  @Test
  void onlyTheCaptureCallsTheKernelByItself() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.podseal.e2e.capture")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(CLASSES);
  }
}
