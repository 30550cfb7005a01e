package io.podseal.e2e.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.interop.Report.Outcome;
import io.podseal.e2e.interop.Report.Result;
import io.podseal.e2e.strongswan.Edition;
import io.podseal.e2e.strongswan.Plane;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReportTest {
  private static Case row(String feature, Edition edition, Case.Initiator initiator) {
    return new Case(
        feature, edition, Plane.KERNEL_LIBIPSEC, initiator, Case.Place.BRIDGE, bench -> {}, "");
  }

  @Test
  void aFeatureIsOneLineAndWhatDidNotHoldIsExplained() {
    Report report =
        new Report(
            List.of(
                new Outcome(
                    row("rekey", Edition.BOOKWORM, Case.Initiator.PODSEAL), Result.OK, "a|b", 4.4),
                new Outcome(
                    row("rekey", Edition.SID, Case.Initiator.STRONGSWAN),
                    Result.FAILED,
                    "no answer",
                    7.6)));

    assertThat(report.page(List.of("strongSwan 5.9.8"), "6.1"))
        .contains("| rekey | ok 4 |  |  |  |  | FAILED 8 | a\\|b |\n")
        .contains("- rekey/tunnel/sid/in: no answer\n")
        .contains("1 ok, 1 failed, 0 not possible.")
        .contains("\n2 rows of ");
  }

  @Test
  void whatOnlySomeCellsProvedIsNamedAfterThem() {
    Report report =
        new Report(
            List.of(
                ok("cookies", Edition.BOOKWORM, Case.Initiator.PODSEAL, "asked; bytes"),
                ok("cookies", Edition.BOOKWORM, Case.Initiator.STRONGSWAN, "asked; kept; bytes"),
                ok("cookies", Edition.SID, Case.Initiator.PODSEAL, "asked; bytes"),
                ok("cookies", Edition.SID, Case.Initiator.STRONGSWAN, "asked; kept; new; bytes"),
                ok("mobike", Edition.BOOKWORM, Case.Initiator.STRONGSWAN, "moved; bytes"),
                ok("mobike", Edition.SID, Case.Initiator.STRONGSWAN, "bytes"),
                ok("ppk", Edition.BOOKWORM, Case.Initiator.PODSEAL, "AES; bytes"),
                ok("ppk", Edition.SID, Case.Initiator.STRONGSWAN, "AES; bytes")));

    assertThat(report.page(List.of("strongSwan 5.9.8"), "6.1"))
        .contains("| asked; bytes; *in:* kept; *sid in:* new |\n")
        .contains("| bytes; *bookworm in:* moved |\n")
        .contains("| AES; bytes |\n");
  }

  private static Outcome ok(
      String feature, Edition edition, Case.Initiator initiator, String found) {
    return new Outcome(row(feature, edition, initiator), Result.OK, found, 1);
  }
}
