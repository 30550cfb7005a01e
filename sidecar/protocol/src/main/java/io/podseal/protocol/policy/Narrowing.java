package io.podseal.protocol.policy;

import java.util.List;
import java.util.Optional;

/**
 * Narrows what a peer proposes to what our policy allows, and judges what it made of our own
 * proposal (RFC 7296 §2.9). Pure functions.
 */
public final class Narrowing {
  private Narrowing() {}

  /**
   * What a responder answers.
   *
   * @param additionalPossible whether more of the proposal is allowed, though only in another SA
   *     (N(ADDITIONAL_TS_POSSIBLE))
   */
  public record Narrowed(TrafficSelectors selectors, boolean additionalPossible) {}

  /**
   * The responder's choice.
   *
   * @param offered the proposal, seen from our end
   * @param policy each entry is what one SA may carry at most
   * @return never wider than {@code offered} nor than one entry; empty for N(TS_UNACCEPTABLE)
   */
  public static Optional<Narrowed> narrow(TrafficSelectors offered, List<TrafficSelectors> policy) {
    return narrowed(offered.withoutEmpty(), policy);
  }

  private static Optional<Narrowed> narrowed(
      TrafficSelectors offered, List<TrafficSelectors> policy) {
    List<TrafficSelectors> acceptable =
        policy.stream().map(offered::intersection).filter(s -> !s.isEmpty()).toList();
    Optional<TrafficSelectors> chosen =
        whole(offered, policy)
            .or(() -> withFirst(offered, policy))
            .or(() -> acceptable.stream().findFirst());
    // One selector too many is enough to see that a payload does not hold all of them.
    return chosen.map(c ->
        new Narrowed(
            c,
            policy.stream()
                .map(p -> offered.intersection(p, TrafficSelectors.MAX + 1))
                .anyMatch(other -> !c.contains(other))));
  }

  /** Whether an answer is one: not empty, and nothing in it that was not offered. */
  public static boolean isAnswer(TrafficSelectors answer, TrafficSelectors offered) {
    return !answer.isEmpty()
        // What no packet matches was not offered, whatever addresses it names.
        && answer.equals(answer.withoutEmpty())
        && offered.contains(answer);
  }

  /** §2.9: if the entire set is allowed, the same values can be returned. */
  private static Optional<TrafficSelectors> whole(
      TrafficSelectors offered, List<TrafficSelectors> policy) {
    boolean allowed = !offered.isEmpty() && policy.stream().anyMatch(p -> p.contains(offered));
    return allowed ? Optional.of(offered) : Optional.empty();
  }

  /** §2.9: if the first selectors are allowed, the answer must include them. */
  private static Optional<TrafficSelectors> withFirst(
      TrafficSelectors offered, List<TrafficSelectors> policy) {
    return offered
        .first()
        .filter(first -> !first.isEmpty())
        .flatMap(first -> policy.stream().filter(p -> p.contains(first)).findFirst())
        .map(offered::intersection);
  }
}
