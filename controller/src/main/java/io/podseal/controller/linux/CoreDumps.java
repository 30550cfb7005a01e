package io.podseal.controller.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Keeps key material out of core dumps and away from other processes' debuggers. */
public final class CoreDumps {
  private static final int PR_SET_DUMPABLE = 4;

  private CoreDumps() {}

  /**
   * Forbids core dumps and ptrace of this process for the rest of its life (prctl(2)).
   *
   * @throws IllegalStateException if the kernel refuses
   */
  public static void forbid() {
    if (prctl(PR_SET_DUMPABLE, 0) != 0) {
      throw new IllegalStateException("cannot forbid core dumps of this process: look at seccomp");
    }
  }

  private static int prctl(int option, long argument) {
    try {
      return (int) function().invokeExact(option, argument, 0L, 0L, 0L);
    } catch (Throwable t) {
      throw new IllegalStateException("prctl cannot be called", t);
    }
  }

  // Restricted: a wrong signature would crash the JVM.
  @SuppressWarnings("restricted")
  private static MethodHandle function() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("prctl"),
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG),
        Linker.Option.firstVariadicArg(1));
  }
}
