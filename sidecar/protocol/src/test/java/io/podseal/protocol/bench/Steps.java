package io.podseal.protocol.bench;

/** The steps that classes of a {@link StepLoader} have taken: calls and turns of loops. */
public final class Steps {
  private static long taken;

  private Steps() {}

  /** Called by those classes at each step. */
  public static void step() {
    taken++;
  }

  static long of(Runnable work) {
    long before = taken;
    work.run();
    return taken - before;
  }
}
