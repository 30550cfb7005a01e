package io.podseal.protocol.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Every sequence of choices that a deterministic program can meet: depth first, each by running the
 * program again from the start with the choices so far.
 */
final class Interleavings {
  /** Hands out the choices of one run. */
  static final class Choices {
    private final List<Integer> taken;
    private final List<Integer> bounds = new ArrayList<>();
    private int next;

    private Choices(List<Integer> taken) {
      this.taken = taken;
    }

    /** One of {@code [0, bound)}. */
    int below(int bound) {
      if (next == taken.size()) {
        taken.add(0);
      }
      bounds.add(bound);
      return taken.get(next++);
    }

    @Override
    public String toString() {
      return "choices " + taken + " of " + bounds;
    }
  }

  private Interleavings() {}

  /**
   * @return how many there are
   */
  static int forEach(Consumer<Choices> program) {
    List<Integer> taken = new ArrayList<>();
    for (int runs = 1; ; runs++) {
      Choices choices = new Choices(taken);
      program.accept(choices);
      int last = taken.size() - 1;
      while (last >= 0 && taken.get(last) + 1 == choices.bounds.get(last)) {
        taken.removeLast();
        last--;
      }
      if (last < 0) {
        return runs;
      }
      taken.set(last, taken.get(last) + 1);
    }
  }
}
