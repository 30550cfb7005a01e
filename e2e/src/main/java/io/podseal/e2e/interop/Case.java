package io.podseal.e2e.interop;

import io.podseal.e2e.strongswan.Edition;
import io.podseal.e2e.strongswan.Plane;
import java.util.function.Consumer;

/**
 * One row of the table: what is tried with which strongSwan.
 *
 * @param feature what it is about, one name for all editions and roles
 * @param initiator who begins the IKE SA
 * @param place where the initiator is
 * @param script what is done; returns only if everything held
 * @param unsupported why this pair cannot do it, with the evidence; empty for a row that must hold
 */
record Case(
    String feature,
    Edition edition,
    Plane plane,
    Initiator initiator,
    Place place,
    Consumer<Bench> script,
    String unsupported) {

  /** Where the initiator is; the other end is on the bridge. */
  enum Place {
    BRIDGE,
    BEHIND_NAT
  }

  /** Who begins. */
  enum Initiator {
    PODSEAL("Podseal"),
    STRONGSWAN("strongSwan");

    private final String title;

    Initiator(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }

    String shortName() {
      return this == PODSEAL ? "out" : "in";
    }
  }

  /**
   * Returns the name by which a row is chosen: {@code FEATURE/MODE/SUITE/out} when Podseal begins.
   */
  String name() {
    return String.join("/", feature, plane.mode(), edition.suite(), initiator.shortName());
  }

  /** Returns whether it belongs to the short set that every build runs. */
  boolean quick() {
    return Cases.quick().contains(name());
  }
}
