package io.podseal.e2e.interop;

import io.podseal.e2e.interop.Case.Initiator;
import io.podseal.e2e.interop.Case.Place;
import io.podseal.e2e.strongswan.Edition;
import io.podseal.e2e.strongswan.Plane;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The table: every row that is run, one line for each. */
final class Cases {
  /**
   * Some five minutes: each mode, edition, role and algorithm once, and what is most easily broken.
   */
  private static final Set<String> QUICK =
      Set.of(
          "bytes/transport/bookworm/out",
          "child-rekey-by-podseal/transport/trixie/in",
          "ike-rekey-by-podseal/transport/sid/out",
          "bytes/tunnel/bookworm/in",
          "ppk/tunnel/trixie/out",
          "ppk/tunnel/sid/in",
          "mlkem512/tunnel/sid/in",
          "mlkem1024/tunnel/sid/out",
          "mlkem768/tunnel/sid/out",
          "mlkem768/tunnel/sid/in",
          "mobike/tunnel/sid/in",
          "initiator-behind-nat/transport/trixie/out",
          "initiator-behind-nat/transport/sid/in",
          "key-exchange-retry/tunnel/bookworm/out",
          "child-rekey-by-strongswan/transport/sid/in",
          "ike-rekey-by-strongswan/tunnel/bookworm/out",
          "dpd-by-strongswan/tunnel/trixie/in",
          "dpd-by-podseal/transport/bookworm/in",
          "delete-by-strongswan/transport/trixie/out",
          "delete-by-podseal/tunnel/sid/out",
          "child-delete-by-strongswan/tunnel/trixie/out",
          "fragments-by-podseal/tunnel/sid/in",
          "wrong-id-of-strongswan/tunnel/bookworm/in",
          "wrong-id-of-podseal/tunnel/sid/out",
          "hybrid-at-mtu-1280/tunnel/sid/out",
          "fragments-by-strongswan/tunnel/bookworm/in",
          "cookies/tunnel/sid/in",
          "wrong-psk/tunnel/trixie/in",
          "aes128gcm16/tunnel/sid/in",
          "chacha20poly1305/tunnel/sid/out",
          "aes128-sha256/tunnel/trixie/in",
          "aes256-sha384/tunnel/sid/out",
          "aes256-sha512/tunnel/sid/in",
          "prfsha384/tunnel/trixie/out",
          "prfsha512/tunnel/sid/in",
          "ecp256/tunnel/sid/out",
          "ecp384/tunnel/sid/in",
          "ecp521/tunnel/trixie/out",
          "modp2048/tunnel/sid/in",
          "modp3072/tunnel/sid/out",
          "modp4096/tunnel/bookworm/in",
          "noesn/transport/sid/in");

  private final List<Case> rows = new ArrayList<>();

  private Cases() {}

  /** Returns the names of the rows that every build runs. */
  static Set<String> quick() {
    return QUICK;
  }

  /** Returns all rows, in the order in which they are run and printed. */
  static List<Case> all() {
    Cases cases = new Cases();
    List<Edition> editions = List.of(Edition.values());
    for (Edition edition : editions) {
      cases.life(edition, Plane.KERNEL_NETLINK);
      cases.life(edition, Plane.KERNEL_LIBIPSEC);
      cases.handshake(edition, Plane.KERNEL_LIBIPSEC);
      // In transport mode a pod keeps its address for life.
      cases.add(
          "mobike", edition, Plane.KERNEL_LIBIPSEC, Initiator.STRONGSWAN, AddressScripts::mobike);
      for (Suite suite : Suite.all()) {
        cases.alternating(suite.name(), edition, Plane.KERNEL_LIBIPSEC, suite::run);
      }
    }
    // The guest's kernel does ESP, whichever strongSwan gives it the keys: each suite once.
    for (Suite suite : Suite.all()) {
      Edition edition = editions.get(cases.rows.size() % editions.size());
      cases.alternating(suite.name(), edition, Plane.KERNEL_NETLINK, suite::run);
    }
    // 165 s of retransmissions: our side only, whichever strongSwan it is that is silent.
    for (Plane plane : Plane.values()) {
      cases.add("death-of-strongswan", Edition.SID, plane, Initiator.PODSEAL, Scripts::deathOfThem);
    }
    cases.both(
        "hybrid-at-mtu-1280", Edition.SID, Plane.KERNEL_LIBIPSEC, AddressScripts::narrowLink);
    cases.both("noesn", Edition.SID, Plane.KERNEL_NETLINK, Scripts::noEsn);
    cases.both(
        "encapsulation-by-strongswan",
        Edition.SID,
        Plane.KERNEL_NETLINK,
        Scripts::encapsulationByThem);
    return List.copyOf(cases.rows);
  }

  /** How SAs live and end, which both ends must do for the data plane at hand. */
  private void life(Edition edition, Plane plane) {
    both("bytes", edition, plane, Scripts::bytes);
    both("child-rekey-by-strongswan", edition, plane, RekeyScripts::childRekeyByThem);
    both("child-rekey-by-podseal", edition, plane, RekeyScripts::childRekeyByUs);
    both("ike-rekey-by-strongswan", edition, plane, RekeyScripts::ikeRekeyByThem);
    both("ike-rekey-by-podseal", edition, plane, RekeyScripts::ikeRekeyByUs);
    both("delete-by-strongswan", edition, plane, Scripts::deleteByThem);
    both("child-delete-by-strongswan", edition, plane, Scripts::childDeleteByThem);
    both("delete-by-podseal", edition, plane, Scripts::deleteByUs);
    both("dpd-by-strongswan", edition, plane, Scripts::dpdByThem);
    both("dpd-by-podseal", edition, plane, Scripts::dpdByUs);
    add("restart-of-strongswan", edition, plane, Initiator.STRONGSWAN, Scripts::restartOfThem);
    add("restart-of-podseal", edition, plane, Initiator.PODSEAL, Scripts::restartOfPodseal);
    for (Initiator initiator : Initiator.values()) {
      rows.add(
          new Case(
              "initiator-behind-nat",
              edition,
              plane,
              initiator,
              Place.BEHIND_NAT,
              AddressScripts::initiatorBehindNat,
              ""));
    }
  }

  /** What is over before there is a child SA, so that the data plane does not matter. */
  private void handshake(Edition edition, Plane plane) {
    both("cookies", edition, plane, Scripts::cookies);
    both("fragments-by-strongswan", edition, plane, Scripts::fragmentsFromThem);
    both("fragments-by-podseal", edition, plane, Scripts::fragmentsFromUs);
    both("key-exchange-retry", edition, plane, RekeyScripts::keyExchangeRetry);
    both("wrong-psk", edition, plane, Scripts::wrongSecret);
    both("wrong-id-of-strongswan", edition, plane, Scripts::strangeStrongSwan);
    both("wrong-id-of-podseal", edition, plane, Scripts::strangePodseal);
    both("ppk", edition, plane, Scripts::ppk);
    both("ppk-optional", edition, plane, Scripts::optionalPpk);
    both("ppk-unknown-to-strongswan", edition, plane, Scripts::ppkUnknownToThem);
    both("ppk-unknown-to-podseal", edition, plane, Scripts::ppkUnknownToUs);
    for (String method : List.of("mlkem512", "mlkem768", "mlkem1024")) {
      both(
          method,
          edition,
          plane,
          bench -> RekeyScripts.hybrid(bench, method),
          withoutMlKem(edition));
    }
  }

  private static String withoutMlKem(Edition edition) {
    return switch (edition) {
      case BOOKWORM -> "strongSwan has IKE_INTERMEDIATE since 6.0.0; 5.9.8 refuses the proposal";
      case TRIXIE -> "Debian built 6.0.1 without ML-KEM: swanctl --list-algs names none";
      case SID -> "";
    };
  }

  private void both(String feature, Edition edition, Plane plane, Consumer<Bench> script) {
    both(feature, edition, plane, script, "");
  }

  private void both(
      String feature, Edition edition, Plane plane, Consumer<Bench> script, String unsupported) {
    for (Initiator initiator : Initiator.values()) {
      add(feature, edition, plane, initiator, script, unsupported);
    }
  }

  /** One row, whose initiator is another than that of the row before. */
  private void alternating(String feature, Edition edition, Plane plane, Consumer<Bench> script) {
    Initiator[] roles = Initiator.values();
    add(feature, edition, plane, roles[rows.size() % roles.length], script);
  }

  private void add(
      String feature, Edition edition, Plane plane, Initiator initiator, Consumer<Bench> script) {
    add(feature, edition, plane, initiator, script, "");
  }

  private void add(
      String feature,
      Edition edition,
      Plane plane,
      Initiator initiator,
      Consumer<Bench> script,
      String unsupported) {
    rows.add(new Case(feature, edition, plane, initiator, Place.BRIDGE, script, unsupported));
  }
}
