package io.podseal.e2e.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.strongswan.Edition;
import io.podseal.e2e.strongswan.Plane;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CasesTest {
  private static final List<Case> ROWS = Cases.all();

  @Test
  void everyRowHasANameOfItsOwn() {
    assertThat(ROWS).extracting(Case::name).doesNotHaveDuplicates().hasSizeGreaterThan(50);
  }

  @Test
  void everyEditionIsTriedInBothRoles() {
    for (Edition edition : Edition.values()) {
      for (Case.Initiator initiator : Case.Initiator.values()) {
        assertThat(ROWS)
            .as("%s, begun by %s", edition, initiator.title())
            .anyMatch(row ->
                row.edition() == edition
                    && row.initiator() == initiator
                    && row.unsupported().isEmpty());
      }
    }
  }

  @Test
  void theShortSetIsOfRowsThatExistAndTriesEveryEditionAndPlane() {
    List<Case> quick = ROWS.stream().filter(Case::quick).toList();

    assertThat(quick).extracting(Case::name).containsExactlyInAnyOrderElementsOf(Cases.quick());
    assertThat(quick).extracting(Case::edition).contains(Edition.values());
    assertThat(quick).extracting(Case::plane).contains(Plane.values());
    assertThat(quick).extracting(Case::initiator).contains(Case.Initiator.values());
    Stream.concat(
            Suite.all().stream().map(Suite::name),
            Stream.of("mlkem512", "mlkem768", "mlkem1024", "ppk"))
        .forEach(
            name -> assertThat(quick).as(name).anyMatch(row -> row.name().startsWith(name + "/")));
  }
}
