package io.podseal.e2e.interop;

import java.util.function.Consumer;

/**
 * One row of the table: what is tried with which strongSwan.
 *
 * @param feature what it is about, one name for all editions and roles
 * @param initiator who begins the IKE SA
 * @param script what is done; returns only if everything held
 * @param quick whether it belongs to the short set that every build runs
 * @param unsupported why this pair cannot do it, with the evidence; empty for a row that must hold
 */
record Case(
    String feature,
    Edition edition,
    Plane plane,
    Initiator initiator,
    Consumer<Bench> script,
    boolean quick,
    String unsupported) {

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

  /** Returns the same row as part of the short set. */
  Case inQuickSet() {
    return new Case(feature, edition, plane, initiator, script, true, unsupported);
  }

  /** Returns the same row as one that this pair cannot do. */
  Case because(String why) {
    return new Case(feature, edition, plane, initiator, script, quick, why);
  }
}
