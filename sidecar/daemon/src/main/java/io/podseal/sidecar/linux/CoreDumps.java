package io.podseal.sidecar.linux;

/** Keeps key material out of core dumps and away from other processes' debuggers. */
public final class CoreDumps {
  private static final int PR_SET_DUMPABLE = 4;

  private CoreDumps() {}

  /** Forbids core dumps and ptrace of this process for the rest of its life (prctl(2)). */
  public static void forbid() {
    int result = Libc.prctl(PR_SET_DUMPABLE, 0);
    if (result < 0) {
      throw new LinuxException("forbid core dumps", -result, "Look at seccomp.");
    }
  }
}
