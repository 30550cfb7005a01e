package io.podseal.sidecar.dataplane.userspace;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An immutable map from int without boxing on look-up: open addressing, half empty. */
final class IntMap<V> {
  private final int[] keys;
  private final @Nullable Object[] values;
  private final int mask;

  IntMap(Map<Integer, V> entries) {
    int slots = Integer.highestOneBit(Math.max(1, entries.size())) << 2;
    this.keys = new int[slots];
    this.values = new Object[slots];
    this.mask = slots - 1;
    entries.forEach((key, value) -> {
      int slot = slot(key);
      while (values[slot] != null) {
        slot = (slot + 1) & mask;
      }
      keys[slot] = key;
      values[slot] = value;
    });
  }

  @SuppressWarnings("unchecked") // only the constructor fills it
  @Nullable V get(int key) {
    int slot = slot(key);
    while (true) {
      Object value = values[slot];
      if (value == null) {
        return null;
      }
      if (keys[slot] == key) {
        return (V) value;
      }
      slot = (slot + 1) & mask;
    }
  }

  private int slot(int key) {
    int hash = key * 0x9e3779b9;
    return (hash ^ hash >>> 16) & mask;
  }
}
