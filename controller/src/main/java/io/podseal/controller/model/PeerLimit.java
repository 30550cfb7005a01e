package io.podseal.controller.model;

import io.podseal.controller.model.AcceptedPeerings.InForce;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The most peers that one pod may have, from all peerings together, the most pairs of all pods, and
 * who has a place where there is none for all.
 */
final class PeerLimit {
  /**
   * Pairs in the cluster from which on none is added, whoever asks: as many as a controller was
   * measured with (e2e/MEMORY.md). The model keeps some 160 octets of each, twice while it is built
   * anew, and what was sent of it is kept too. Pairs that are in force stay.
   */
  static final int MAX_PAIRS = 100_000;

  private final int maxPeers;
  private final int pairsBefore;
  private final PairTable table;
  private final List<PodRecord> pods;
  private final ToIntFunction<PodRecord> number;

  /**
   * A limit for one pass.
   *
   * @param pairsBefore how many pairs the pass before made
   * @param table what is paired so far
   * @param pods by their number
   */
  PeerLimit(
      int maxPeers,
      int pairsBefore,
      PairTable table,
      List<PodRecord> pods,
      ToIntFunction<PodRecord> number) {
    this.maxPeers = maxPeers;
    this.pairsBefore = pairsBefore;
    this.table = table;
    this.pods = pods;
    this.number = number;
  }

  /**
   * What there would be too much of; null if all that is wanted fits.
   *
   * @param last what is in force of the same peering
   */
  @Nullable String excess(Selection selection, @Nullable InForce last) {
    if (selection.from().isEmpty()) {
      return null;
    }
    if (selection.unpermitted().size() > maxPeers) {
      return tooManyPeersOf(selection.from().getFirst());
    }
    if (selection.to().isEmpty()) {
      return null;
    }
    // Before looking at single pairs: whoever faces this many pods is beyond the limit anyhow.
    if (selection.to().size() - 1 > maxPeers) {
      return tooManyPeersOf(selection.from().getFirst());
    }
    if (selection.from().size() - 1 > maxPeers) {
      return tooManyPeersOf(selection.to().getFirst());
    }
    var added = new HashMap<Integer, Integer>();
    var seen = new HashSet<Long>();
    int more = 0;
    for (var from : selection.from()) {
      for (var to : selection.to()) {
        int one = number.applyAsInt(from);
        int other = number.applyAsInt(to);
        long pair = ((long) Math.min(one, other) << Integer.SIZE) | Math.max(one, other);
        if (one != other && !table.contains(one, other) && seen.add(pair)) {
          added.merge(one, 1, Integer::sum);
          added.merge(other, 1, Integer::sum);
          more += last != null && (last.pairs(from, to) || last.pairs(to, from)) ? 0 : 1;
        }
        if (more > 0 && Math.max(pairsBefore, table.size()) + more > MAX_PAIRS) {
          return "the cluster would have more than " + MAX_PAIRS + " pairs of pods";
        }
      }
    }
    return added.entrySet().stream()
        .filter(pod -> table.peersOf(pod.getKey()).size() + pod.getValue() > maxPeers)
        .map(Map.Entry::getKey)
        .min(Comparator.naturalOrder())
        .map(pods::get)
        .map(this::tooManyPeersOf)
        .orElse(null);
  }

  private String tooManyPeersOf(PodRecord pod) {
    return "pod " + pod.display() + " would have more than " + maxPeers + " peers";
  }

  /** The pods that were paired, and as many others as there is room for. */
  Selection within(Selection wanted, InForce last) {
    var filled = filled(wanted, last, maxPeers);
    if (excess(filled, last) == null) {
      return filled;
    }
    var kept = wanted.among(last.from(), last.to(), maxPeers);
    if (!last.from().isEmpty() && !last.to().isEmpty() && excess(kept, last) == null) {
      return kept;
    }
    // Another peering has grown meanwhile, or nobody remembers: as many as the limit of all allows.
    int fits = 0;
    int tooMany = maxPeers;
    while (tooMany - fits > 1) {
      int middle = (fits + tooMany) / 2;
      if (excess(filled(wanted, last, middle), last) == null) {
        fits = middle;
      } else {
        tooMany = middle;
      }
    }
    return filled(wanted, last, fits);
  }

  /** With so many pods of each side at most. */
  private Selection filled(Selection wanted, InForce last, int most) {
    return wanted.among(
        filled(wanted.from(), last.from(), most), filled(wanted.to(), last.to(), most), maxPeers);
  }

  /** UIDs of those that had a place, and then of others, the oldest first. */
  private static Set<String> filled(List<PodRecord> pods, Set<String> first, int most) {
    return pods.stream()
        .sorted(
            Comparator.comparing((PodRecord pod) -> !first.contains(pod.uid()))
                .thenComparing(PodRecord::created)
                .thenComparing(PodRecord::uid))
        .limit(most)
        .map(PodRecord::uid)
        .collect(Collectors.toSet());
  }
}
