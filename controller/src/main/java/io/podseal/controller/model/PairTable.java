package io.podseal.controller.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All pairs and what the peerings say about each, merged in order of seniority.
 *
 * <p>Pods are numbered in the order of their UIDs. Not safe for use by several threads.
 */
final class PairTable {
  /** What is known of one pair; {@code low} and {@code high} are the numbers of its pods. */
  static final class Entry {
    final CompiledPeering oldest;
    Mode mode = Mode.PERMISSIVE;
    List<PortRule> intoLow = List.of();
    List<PortRule> intoHigh = List.of();

    private Entry(CompiledPeering oldest) {
      this.oldest = oldest;
    }
  }

  private final Map<Long, Entry> entries = new HashMap<>();
  private final List<List<Integer>> peers = new ArrayList<>();

  PairTable(int pods) {
    for (int i = 0; i < pods; i++) {
      peers.add(new ArrayList<>());
    }
  }

  /** Numbers of the pods that {@code pod} is paired with. */
  List<Integer> peersOf(int pod) {
    return peers.get(pod);
  }

  Entry entry(int one, int other) {
    var entry = entries.get(key(one, other));
    if (entry == null) {
      throw new IllegalStateException("pods " + one + " and " + other + " are no pair");
    }
    return entry;
  }

  /** How many pairs there are. */
  int size() {
    return entries.size();
  }

  boolean contains(int one, int other) {
    return entries.containsKey(key(one, other));
  }

  /** Merges: connections go from {@code from} to {@code to}; the first peering's profile stays. */
  Entry merge(int from, int to, CompiledPeering peering) {
    var entry =
        entries.computeIfAbsent(
            key(from, to),
            k -> {
              peers.get(from).add(to);
              peers.get(to).add(from);
              return new Entry(peering);
            });
    entry.mode = entry.mode.strictest(peering.mode());
    if (to < from) {
      entry.intoLow = PortRule.union(entry.intoLow, peering.ports());
    } else {
      entry.intoHigh = PortRule.union(entry.intoHigh, peering.ports());
    }
    return entry;
  }

  private static long key(int one, int other) {
    return ((long) Math.min(one, other) << Integer.SIZE) | Math.max(one, other);
  }
}
