package io.podseal.e2e.interop;

import io.podseal.e2e.interop.Case.Initiator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The table: every row that is run, one line for each. */
final class Cases {
  private final List<Case> rows = new ArrayList<>();

  private Cases() {}

  /** Returns all rows, in the order in which they are run and printed. */
  static List<Case> all() {
    Cases cases = new Cases();
    for (Edition edition : Edition.values()) {
      cases.rows(edition, Plane.KERNEL_NETLINK);
      cases.rows(edition, Plane.KERNEL_LIBIPSEC);
    }
    return List.copyOf(cases.rows);
  }

  private void rows(Edition edition, Plane plane) {
    both("bytes", edition, plane, Scripts::bytes);
    both("child-rekey-by-strongswan", edition, plane, Scripts::childRekeyByThem);
    both("child-rekey-by-podseal", edition, plane, Scripts::childRekeyByUs);
    both("ike-rekey-by-strongswan", edition, plane, Scripts::ikeRekeyByThem);
    both("ike-rekey-by-podseal", edition, plane, Scripts::ikeRekeyByUs);
    both("delete-by-strongswan", edition, plane, Scripts::deleteByThem);
    both("child-delete-by-strongswan", edition, plane, Scripts::childDeleteByThem);
    both("delete-by-podseal", edition, plane, Scripts::deleteByUs);
    both("dpd-by-strongswan", edition, plane, Scripts::dpdByThem);
    both("dpd-by-podseal", edition, plane, Scripts::dpdByUs);
    both("restart-of-strongswan", edition, plane, Scripts::restartOfStrongSwan);
    both("restart-of-podseal", edition, plane, Scripts::restartOfPodseal);
    both("cookies", edition, plane, Scripts::cookies);
    both("fragments-by-strongswan", edition, plane, Scripts::fragmentsFromThem);
    both("wrong-psk", edition, plane, Scripts::wrongSecret);
    both("wrong-id-of-strongswan", edition, plane, Scripts::strangeStrongSwan);
    both("wrong-id-of-podseal", edition, plane, Scripts::strangePodseal);
    both("ppk", edition, plane, Scripts::ppk);
    if (edition == Edition.SID) {
      both("mlkem768", edition, plane, Scripts::hybrid);
    }
    for (Suite suite : Suite.all()) {
      alternating(suite.name(), edition, plane, suite::run);
    }
  }

  /** One row, whose initiator is another than that of the row before. */
  private void alternating(
      String feature, Edition edition, Plane plane, Consumer<Bench> script) {
    Initiator[] roles = Initiator.values();
    rows.add(
        new Case(
            feature, edition, plane, roles[rows.size() % roles.length], script, false, ""));
  }

  private void both(String feature, Edition edition, Plane plane, Consumer<Bench> script) {
    for (Initiator initiator : Initiator.values()) {
      rows.add(new Case(feature, edition, plane, initiator, script, false, ""));
    }
  }
}
