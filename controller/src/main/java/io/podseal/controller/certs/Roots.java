package io.podseal.controller.certs;

import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The root that issues, and those that are trusted beside it while it changes.
 *
 * <p>A change goes {@link Phase#STEADY} → {@link Phase#INTRODUCING} → {@link Phase#RETIRING} →
 * {@link Phase#STEADY}; in every phase the root that issues is one that was trusted in the phase
 * before.
 *
 * @param current issues certificates
 * @param next will issue; empty unless it is being introduced
 * @param previous certificate of the root that issued before; empty unless it is being retired
 */
record Roots(
    CertificateAuthority current, Optional<CertificateAuthority> next, Optional<String> previous) {
  /** How far a change of the root is. */
  enum Phase {
    /** One root. */
    STEADY,
    /** A new root is trusted everywhere before anything is issued by it. */
    INTRODUCING,
    /** The new root issues, and the old one is still trusted. */
    RETIRING
  }

  static Roots steady(CertificateAuthority only) {
    return new Roots(only, Optional.empty(), Optional.empty());
  }

  Phase phase() {
    if (next.isPresent()) {
      return Phase.INTRODUCING;
    }
    return previous.isPresent() ? Phase.RETIRING : Phase.STEADY;
  }

  Roots introduce(CertificateAuthority successor) {
    return new Roots(current, Optional.of(successor), previous);
  }

  /** The change is one phase further. */
  Roots advanced() {
    return next.map(successor ->
            new Roots(successor, Optional.empty(), Optional.of(current.certificatePem())))
        .orElseGet(() -> steady(current));
  }

  /** All that are to be trusted, in PEM. */
  String bundle() {
    return trusted().collect(Collectors.joining());
  }

  boolean trusts(CertificateAuthority root) {
    return trusted().anyMatch(root.certificatePem()::equals);
  }

  private Stream<String> trusted() {
    return Stream.of(
            Optional.of(current.certificatePem()),
            next.map(CertificateAuthority::certificatePem),
            previous)
        .flatMap(Optional::stream);
  }
}
